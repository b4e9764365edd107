using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Detectors;

/// <summary>A detector of the fixtures, perhaps altered, compiled; and its graphs run in one flavour.</summary>
internal sealed class DetectorModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelRunner _runner;

    /// <param name="fixture">Of <see cref="DetectorCheckpoint"/>.</param>
    /// <param name="fused">Flavour to run.</param>
    /// <param name="change">Of the checkpoint.</param>
    public DetectorModel(string fixture, bool fused, Action<DetectorCheckpoint>? change = null)
    {
        var checkpoint = DetectorCheckpoint.Load(fixture);
        change?.Invoke(checkpoint);
        checkpoint.Write(Checkpoint);
        Manifest = ModelCompiler.Compile(new CompileOptions { CheckpointFolder = Checkpoint, OutputFolder = Folder }, null, CancellationToken.None);
        _runner = new ModelRunner(Folder, fused);
    }

    public string Checkpoint => _folder["checkpoint"];

    public string Folder => _folder["model"];

    public ModelManifest Manifest { get; }

    public Dictionary<string, NamedTensor> Stem(NamedTensor pixels) => _runner.Stem(pixels);

    public NamedTensor Encoder(int depth, Dictionary<string, NamedTensor> stem) => _runner.Encoder(depth, stem);

    public Dictionary<string, NamedTensor> Exits(Dictionary<string, NamedTensor> stem) => _runner.EncoderExits(stem);

    public (NamedTensor Logits, NamedTensor Boxes) Decoder(NamedTensor encoder, Dictionary<string, NamedTensor> stem)
    {
        var outputs = _runner.Decoder(encoder, stem);
        return (outputs[GraphTensors.Logits], outputs[GraphTensors.PredBoxes]);
    }

    public void Dispose()
    {
        _runner.Dispose();
        _folder.Dispose();
    }
}
