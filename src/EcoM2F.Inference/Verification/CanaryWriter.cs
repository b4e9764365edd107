using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Inference.Verification;

/// <summary>Stores what a model's graphs give for a small made-up input, for every exit and decoder exit, so that any machine can check itself against it.</summary>
public static class CanaryWriter
{
    /// <summary>Model input: the smallest that still has several tokens at stride 32, and is not square.</summary>
    private const int Height = 96;

    private const int Width = 128;

    private const string PooledSuffix = $".{GraphTensors.Pooled}";

    /// <summary>
    /// Runs the portable graphs of a folder that holds everything but its canary, and writes that: the other flavours are held to
    /// the numbers of the standard operators.
    /// </summary>
    public static void WriteInto(string folder, ModelManifest manifest, CancellationToken cancellationToken)
    {
        using var sessions = ModelSessions.Open(ModelFolder.Open(folder), ExecutionTarget.Cpu, flavour: GraphFlavours.Portable);
        Write(Path.Combine(folder, manifest.Canary), sessions, manifest, cancellationToken);
    }

    /// <summary>Writes the canary of a folder whose files are all there but for the manifest, from its portable graphs where it has them.</summary>
    /// <param name="manifest">The one to come; its canary need not exist.</param>
    /// <param name="canary">The file to write.</param>
    public static void WriteFor(string folder, ModelManifest manifest, string canary, CancellationToken cancellationToken)
    {
        var isPortable = manifest.Graphs.Any(static graph => graph is { Stage: GraphStages.EncoderExits, Flavour: GraphFlavours.Portable, Precision: GraphPrecisions.Fp32 });
        var flavour = isPortable ? GraphFlavours.Portable : GraphFlavours.Fused;
        using var sessions = ModelSessions.Open(ModelFolder.Of(folder, manifest), ExecutionTarget.Cpu, flavour: flavour);
        Write(canary, sessions, manifest, cancellationToken);
    }

    /// <summary>
    /// Writes a canary again with what another graph gives for one gate, from the pooled features that are stored: a gate can be
    /// replaced without running the model. Everything else stays as it is.
    /// </summary>
    /// <param name="canary">The existing canary.</param>
    /// <param name="target">The one to write; not the same file.</param>
    /// <param name="gateFile">Path of the gate's graph.</param>
    /// <returns>The stored pooled features and the scores that they now lead to, case by case.</returns>
    /// <exception cref="ModelLoadException">The canary has no pooled features, or the graph cannot read them.</exception>
    public static IReadOnlyList<GateCase> RenewGate(string canary, string target, string profile, string gateFile)
    {
        using var file = SafetensorsFile.Open(canary);
        var pooled = file.Tensors.Where(static tensor => tensor.Name.EndsWith(PooledSuffix, StringComparison.Ordinal)).ToArray();
        if (pooled.Length == 0)
        {
            throw new ModelLoadException($"{canary} has no pooled features; compile the model again.");
        }

        using var gate = GateSession.Open(gateFile);
        var (writer, cases) = (new SafetensorsWriter(), new List<GateCase>());
        foreach (var tensor in pooled)
        {
            var name = $"{tensor.Name[..^PooledSuffix.Length]}.gate.{profile}";
            var features = file.Floats(tensor.Name);
            var scores = gate.Run(features, tensor.Shape);
            cases.Add(new GateCase(features, scores.Values));
            writer.Add(name, scores.Values, [.. scores.Shape]);
        }

        foreach (var tensor in file.Tensors.Where(tensor => !tensor.Name.EndsWith($".gate.{profile}", StringComparison.Ordinal)))
        {
            writer.Add(tensor.Name, tensor.Type, file.Bytes(tensor.Name).ToArray(), [.. tensor.Shape]);
        }

        writer.Write(target);
        return cases;
    }

    private static void Write(string path, ModelSessions sessions, ModelManifest manifest, CancellationToken cancellationToken)
    {
        var pixels = MakePixels();
        long[] shape = [1, 3, Height, Width];
        var writer = new SafetensorsWriter();
        writer.Add($"case0.{GraphTensors.PixelValues}", pixels, shape);
        using var outputs = new GraphOutputs(sessions, manifest, pixels, shape);
        foreach (var name in Names(manifest))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tensor = outputs.Get(name)!;
            writer.Add($"case0.{name}", tensor.Values, [.. tensor.Shape]);
        }

        writer.Write(path);
    }

    private static IEnumerable<string> Names(ModelManifest manifest)
    {
        yield return GraphTensors.Pooled;
        foreach (var profile in manifest.Gates?.Profiles.Keys.Order(StringComparer.Ordinal).ToArray() ?? [])
        {
            yield return $"gate.{profile}";
        }

        foreach (var exit in manifest.Exits)
        {
            yield return $"exit.{exit}.{GraphTensors.Encoder}";
            yield return $"exit.{exit}.{(manifest.Postprocessing.MakesBoxes ? GraphTensors.Logits : GraphTensors.ClassQueriesLogits)}";
            yield return $"exit.{exit}.{(manifest.Postprocessing.MakesBoxes ? GraphTensors.PredBoxes : GraphTensors.MasksQueriesLogits)}";
        }

        foreach (var cut in manifest.DecoderExits?.SkipLast(1) ?? [])
        {
            yield return $"exit.{manifest.MaxDepth}.decoder.{cut}.{GraphTensors.ClassQueriesLogits}";
            yield return $"exit.{manifest.MaxDepth}.decoder.{cut}.{GraphTensors.MasksQueriesLogits}";
        }
    }

    /// <summary>Smooth waves with an edge: in the range of a normalised photograph, the same on every machine to rounding.</summary>
    private static float[] MakePixels()
    {
        var pixels = new float[3 * Height * Width];
        for (var channel = 0; channel < 3; channel++)
        {
            for (var y = 0; y < Height; y++)
            {
                for (var x = 0; x < Width; x++)
                {
                    var wave = Math.Sin((x * 0.11) + channel) * Math.Cos((y * 0.07) - (channel * 0.5));
                    var edge = (x * 2) + y > 200 ? 0.6 : -0.4;
                    pixels[(((channel * Height) + y) * Width) + x] = (float)((0.5 * wave) + edge);
                }
            }
        }

        return pixels;
    }
}
