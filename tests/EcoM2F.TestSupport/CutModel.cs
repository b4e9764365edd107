using EcoM2F.Inference.Models;

namespace EcoM2F.TestSupport;

/// <summary><see cref="TinyModel"/> with one size, three exits and the decoder exits 1 and 3, and gates over points whose scores a test names.</summary>
public static class CutModel
{
    /// <summary>The first and the last exit with each decoder exit.</summary>
    public static IReadOnlyList<GatePoint> Points { get; } = [new(SizedModel.Own, 1, 1), new(SizedModel.Own, 1, 3), new(SizedModel.Own, 3, 1), new(SizedModel.Own, 3, 3)];

    /// <summary>A classifier over <see cref="Points"/> that chooses one of them.</summary>
    public static SizedGate Choosing(string profile, GatePoint point) =>
        new(profile, GateProfile.Classifier, Points, [.. Points.Select(known => known == point ? 1f : 0f)]) { Beta = 0.5 };

    /// <param name="folder">The model folder to make; its name becomes the model's.</param>
    /// <param name="gates">The first classifier is the default; none: the model has no gates.</param>
    public static ModelManifest CompileTo(string folder, params IReadOnlyList<SizedGate> gates)
    {
        var manifest = TinyModel.CompileTo(folder, gates: false, decoderExits: "1");
        return gates.Count == 0 ? manifest : SizedModel.AddGates(folder, gates);
    }
}
