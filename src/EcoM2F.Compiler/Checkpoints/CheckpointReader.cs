using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary>
/// Hands out a checkpoint's tensors and keeps a record: a tensor that the network needs and the checkpoint lacks is an error when it
/// is asked for, a tensor that nothing asked for is one at the end.
/// </summary>
/// <param name="checkpoint">The file or files.</param>
/// <param name="prefix">In front of every name: <c>module.</c> where a parallel training saved it. Names here go without.</param>
internal sealed class CheckpointReader(SafetensorsCheckpoint checkpoint, string prefix = "")
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Finds the prefix that whatever wrapped the model in training has left in front of every name.</summary>
    /// <param name="checkpoint">The file or files.</param>
    /// <param name="required">A tensor that every such checkpoint has.</param>
    /// <exception cref="CompileException">Two models are in the checkpoint, as where averaged weights are saved beside the others.</exception>
    public static CheckpointReader Of(SafetensorsCheckpoint checkpoint, string required)
    {
        if (checkpoint.Contains(required))
        {
            return new CheckpointReader(checkpoint);
        }

        var prefixes = checkpoint.Names.Where(name => name.EndsWith("." + required, StringComparison.Ordinal))
            .Select(name => name[..^required.Length]).Order(StringComparer.Ordinal).ToList();
        return prefixes.Count <= 1
            ? new CheckpointReader(checkpoint, prefixes.FirstOrDefault(""))
            : throw new CompileException(
                $"The checkpoint holds {prefixes.Count} models, whose tensors are named {string.Join(", ", prefixes.Take(5).Select(static p => $"'{p}...'"))}; save the one to compile by itself.");
    }

    /// <exception cref="CompileException">Missing, or of another shape.</exception>
    public float[] Read(string name, params ReadOnlySpan<long> shape)
    {
        if (!Contains(name))
        {
            throw Missing(name);
        }

        var found = checkpoint[prefix + name].Shape;
        if (!shape.SequenceEqual(found.ToArray()))
        {
            throw new CompileException(
                $"Tensor '{prefix}{name}' of the checkpoint has shape [{string.Join(", ", found)}]; by config.json it should have [{string.Join(", ", shape.ToArray())}].");
        }

        _used.Add(prefix + name);
        return checkpoint.Floats(prefix + name);
    }

    /// <summary>Length of a tensor's first dimension; null where there is none.</summary>
    public long? Rows(string name) => Contains(name) && checkpoint[prefix + name].Shape is [var rows, ..] ? rows : null;

    /// <summary>A tensor that the network knows and does not need.</summary>
    public void Ignore(string name) => _used.Add(prefix + name);

    public bool Contains(string name) => checkpoint.Contains(prefix + name);

    public CompileException Missing(string name) => new($"The checkpoint lacks the tensor '{prefix}{name}', which config.json calls for.");

    /// <exception cref="CompileException">Tensors that no part of the network has read.</exception>
    public void CheckNothingLeft()
    {
        var left = checkpoint.Names.Where(n => !_used.Contains(n) && !Ignored(n)).Order(StringComparer.Ordinal).ToList();
        if (left.Count > 0)
        {
            throw new CompileException(
                $"{left.Count} tensor(s) of the checkpoint do not belong to the network that config.json describes: {string.Join(", ", left.Take(5))}"
                + (left.Count > 5 ? ", ..." : "."));
        }
    }

    /// <summary>What checkpoints of any network carry beyond inference: the training loss, and a counter of every batch norm.</summary>
    private bool Ignored(string name) =>
        name.AsSpan().StartsWith(prefix + "criterion.", StringComparison.Ordinal) || name.EndsWith(".num_batches_tracked", StringComparison.Ordinal);
}
