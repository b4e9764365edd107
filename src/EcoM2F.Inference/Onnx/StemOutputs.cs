using EcoM2F.Inference.Models;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// What the stem computed once and later stages read, by name, on the device. Owns its tensors, until everyone who has a share has disposed it: whoever
/// made it, and each that was given one by <see cref="Share"/>.
/// </summary>
internal sealed class StemOutputs : IDisposable
{
    private readonly IReadOnlyList<StemTensor> _tensors;
    private int _shares = 1;

    public StemOutputs(IReadOnlyList<StemTensor> tensors, int height, int width) => (_tensors, Height, Width) = (tensors, height, width);

    /// <summary>[B, d]: mean over the stride-32 tokens; what gates read.</summary>
    public OrtValue Pooled => this[GraphTensors.Pooled];

    /// <summary>Model input, pixels.</summary>
    public int Height { get; }

    public int Width { get; }

    /// <summary>Of all tensors.</summary>
    public long Bytes => _tensors.Sum(static tensor => TensorBatch.Bytes(tensor.Value));

    public bool Contains(string name) => _tensors.Any(tensor => tensor.Name == name);

    /// <exception cref="KeyNotFoundException">The stem gives nothing of that name.</exception>
    public OrtValue this[string name] => _tensors.FirstOrDefault(tensor => tensor.Name == name)?.Value
        ?? throw new KeyNotFoundException($"The stem has no output '{name}'.");

    /// <summary>Copies the outputs of several images of one size, one image each, into those of one batch. The caller disposes.</summary>
    public static StemOutputs Join(IReadOnlyList<StemOutputs> images) => new(
        [.. images[0]._tensors.Select(tensor => tensor with
        {
            Value = tensor.HasBatch ? TensorBatch.Join([.. images.Select(image => image[tensor.Name])]) : TensorBatch.Clone(tensor.Value),
        })],
        images[0].Height,
        images[0].Width);

    /// <summary>Copies the outputs of a batch into those of its images. The caller disposes each, and this.</summary>
    /// <param name="count">Images of the batch.</param>
    public IReadOnlyList<StemOutputs> Split(int count)
    {
        var split = _tensors.Select(tensor => tensor.HasBatch ? TensorBatch.Split(tensor.Value, count) : [.. Enumerable.Range(0, count).Select(_ => TensorBatch.Clone(tensor.Value))]).ToList();
        return [.. Enumerable.Range(0, count).Select(image => new StemOutputs([.. _tensors.Select((tensor, i) => tensor with { Value = split[i][image] })], Height, Width))];
    }

    /// <summary>A further share; the caller has one, and disposes this one too.</summary>
    public StemOutputs Share()
    {
        Interlocked.Increment(ref _shares);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _shares) != 0)
        {
            return;
        }

        foreach (var tensor in _tensors)
        {
            tensor.Value.Dispose();
        }
    }
}

/// <param name="HasBatch">Whether the first axis counts images; otherwise the tensor depends on the input's size alone.</param>
internal sealed record StemTensor(string Name, OrtValue Value, bool HasBatch);
