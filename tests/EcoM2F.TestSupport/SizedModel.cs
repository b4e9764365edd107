using System.Security.Cryptography;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Verification;

namespace EcoM2F.TestSupport;

/// <summary>
/// <see cref="TinyModel"/> with three sizes and three exits, and gates over points whose scores a test names. An image of 64 x 64 pixels has the
/// inputs 32 x 32, 64 x 64 and 96 x 96.
/// </summary>
public static class SizedModel
{
    /// <summary>The smallest, the own and the largest.</summary>
    public const string List = "32:64,64:96,96:160";

    public const int Smallest = 32;
    public const int Own = 64;
    public const int Largest = 96;

    /// <summary>Every size with the exits 1 and 3, by size.</summary>
    public static IReadOnlyList<GatePoint> Points { get; } = [.. new[] { Smallest, Own, Largest }.SelectMany(static size => new[] { new GatePoint(size, 1), new GatePoint(size, 3) })];

    /// <summary>A classifier over <see cref="Points"/> that chooses one of them.</summary>
    public static SizedGate Choosing(string profile, GatePoint point) =>
        new(profile, GateProfile.Classifier, Points, [.. Points.Select(known => known == point ? 1f : 0f)]) { Beta = 0.5 };

    /// <param name="folder">The model folder to make; its name becomes the model's.</param>
    /// <param name="gates">The first classifier is the default; none: the model has no gates.</param>
    public static ModelManifest CompileTo(string folder, params IReadOnlyList<SizedGate> gates)
    {
        TinyModel.CompileTo(folder, gates: false);
        SizesInstaller.Install(folder, List, null, removeGates: false, null, CancellationToken.None);
        return gates.Count == 0 ? ModelFolder.Open(folder).Manifest : AddGates(folder, gates);
    }

    /// <summary>Puts gates into a folder that has none.</summary>
    public static ModelManifest AddGates(string folder, IReadOnlyList<SizedGate> gates)
    {
        var manifest = ModelFolder.Open(folder).Manifest;
        var hashes = new SortedDictionary<string, string>(manifest.Sha256.ToDictionary(), StringComparer.Ordinal);
        var profiles = new Dictionary<string, GateProfile>();
        foreach (var gate in gates)
        {
            float[] bias = [.. gate.Scores, .. gate.Guard is null ? Array.Empty<float>() : [gate.Leverage]];
            GateGraph.Write(folder, gate.Profile, new float[bias.Length * TinyCheckpoint.Width], bias);
            var file = GateGraph.FileName(gate.Profile);
            hashes[file] = Hash(folder, file);
            profiles.Add(gate.Profile, new GateProfile(gate.Kind, file, gate.Beta, gate.Points, gate.Guard));
            var renewed = Path.Combine(folder, "renewed");
            CanaryWriter.RenewGate(Path.Combine(folder, manifest.Canary), renewed, gate.Profile, Path.Combine(folder, file));
            File.Move(renewed, Path.Combine(folder, manifest.Canary), overwrite: true);
        }

        hashes[manifest.Canary] = Hash(folder, manifest.Canary);
        manifest = manifest with
        {
            Gates = new GateSet(gates.First(static gate => gate.Kind == GateProfile.Classifier).Profile, profiles),
            Sha256 = hashes,
        };
        File.WriteAllText(Path.Combine(folder, ModelManifest.FileName), manifest.ToJson());
        return manifest;
    }

    private static string Hash(string folder, string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, file))));
}
