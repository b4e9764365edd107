using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Quantization;

/// <summary>Graphs that were made from a model's fp32 graphs by measurement: they hold for those graphs alone.</summary>
internal static class MadePrecisions
{
    /// <summary>The manifest without them; their files stay until a change removes what no manifest names.</summary>
    public static ModelManifest RemoveFrom(ModelManifest model)
    {
        if (model.Precisions is not { } made)
        {
            return model;
        }

        var gone = model.Graphs.Where(graph => made.ContainsKey(graph.Precision)).ToList();
        var files = gone.Select(static graph => graph.File).Concat(made.Values.Select(static record => record.Weights)).ToHashSet(StringComparer.Ordinal);
        return model with
        {
            Graphs = [.. model.Graphs.Except(gone)],
            Precisions = null,
            Sha256 = new SortedDictionary<string, string>(model.Sha256.Where(file => !files.Contains(file.Key)).ToDictionary(), StringComparer.Ordinal),
        };
    }

    /// <summary>Whether a file of a model folder is one of theirs, by its name.</summary>
    public static bool IsFile(string name) =>
        name.EndsWith($".{GraphPrecisions.EightBits}.onnx", StringComparison.Ordinal) || (name.StartsWith($"{GraphPrecisions.EightBits}-", StringComparison.Ordinal) && name.EndsWith(".bin", StringComparison.Ordinal));
}
