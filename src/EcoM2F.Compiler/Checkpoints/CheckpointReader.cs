using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary>
/// Hands out a checkpoint's tensors and keeps book: a key that the network needs and the checkpoint lacks is an error when it
/// is asked for, a key that nothing asked for is one at the end.
/// </summary>
internal sealed class CheckpointReader(SafetensorsCheckpoint checkpoint)
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <exception cref="CompileException">Missing, or of another shape.</exception>
    public float[] Read(string name, params ReadOnlySpan<long> shape)
    {
        if (!checkpoint.Contains(name))
        {
            throw new CompileException($"The checkpoint lacks the key '{name}' that its config.json calls for.");
        }

        var found = checkpoint[name].Shape;
        if (!shape.SequenceEqual(found.ToArray()))
        {
            throw new CompileException(
                $"Key '{name}' has shape [{string.Join(", ", found)}]; by config.json [{string.Join(", ", shape.ToArray())}] was expected.");
        }

        _used.Add(name);
        return checkpoint.Floats(name);
    }

    /// <summary>Length of a tensor's first dimension; null where there is none.</summary>
    public long? Rows(string name) => checkpoint.Contains(name) && checkpoint[name].Shape is [var rows, ..] ? rows : null;

    /// <summary>A key that the network knows and does not need.</summary>
    public void Ignore(string name) => _used.Add(name);

    public bool Contains(string name) => checkpoint.Contains(name);

    /// <exception cref="CompileException">Keys that no part of the network has read.</exception>
    public void CheckNothingLeft()
    {
        var left = checkpoint.Names.Where(n => !_used.Contains(n) && !Ignored(n)).Order(StringComparer.Ordinal).ToList();
        if (left.Count > 0)
        {
            throw new CompileException(
                $"The checkpoint has {left.Count} key(s) that belong to no part of the network: {string.Join(", ", left.Take(5))}"
                + (left.Count > 5 ? ", ..." : "."));
        }
    }

    /// <summary>What checkpoints carry beyond inference: the training loss, and buffers that are computed.</summary>
    private static bool Ignored(string name) =>
        name.StartsWith("criterion.", StringComparison.Ordinal)
        || name.EndsWith(".relative_position_index", StringComparison.Ordinal)
        || name.EndsWith("num_batches_tracked", StringComparison.Ordinal)
        || name.Contains("swin.layernorm.", StringComparison.Ordinal);
}
