using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;

namespace EcoM2F.TestSupport;

/// <summary>Int8 graphs for a tiny model, without the search for layers that <c>quantize</c> makes.</summary>
public static class TinyInt8
{
    /// <summary>Calibrates on one made-up photograph and puts every layer that may be on 8 bits there, in place.</summary>
    public static ModelManifest AddTo(string modelFolder)
    {
        using var draft = Calibrate(modelFolder);
        return Int8Installer.Install(draft, [.. draft.Layers], null, [], CancellationToken.None);
    }

    /// <summary>The caller disposes.</summary>
    public static Int8Draft Calibrate(string modelFolder)
    {
        var draft = Int8Draft.Open(modelFolder, CancellationToken.None);
        using var engine = ExitsEngine.Open(draft.Folder, "cpu", CancellationToken.None);
        var (stem, encoder, decoder) = draft.WriteObserved();
        using var observer = GraphObserver.Open(ModelFolder.Open(draft.Folder), stem, encoder, decoder);
        using var image = engine.Prepare(TestPng.Photo(), mirrored: false, CancellationToken.None);
        observer.Observe(image, draft.Observe, CancellationToken.None);
        draft.Calibrate();
        return draft;
    }
}
