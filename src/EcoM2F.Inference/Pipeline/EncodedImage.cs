using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Pipeline;

/// <summary>An image's tokens after the layers of every exit, on the host, and what a decoder needs beside them. Owns its tensors.</summary>
public sealed class EncodedImage : IDisposable
{
    private readonly IReadOnlyList<int> _exits;
    private readonly OrtValue[] _layers;

    internal EncodedImage(IReadOnlyList<int> exits, StemOutputs stem, OrtValue[] layers, StageTimes times)
    {
        (_exits, Stem, _layers, Times) = (exits, stem, layers, times);
        Shape = layers[0].GetTensorTypeAndShape().Shape;
        LevelTokens = Count(stem, (int)Shape[1]);
    }

    /// <summary>d: channels of a token.</summary>
    public int Width => (int)Shape[2];

    /// <summary>Tokens of each level, in the order of the token axis.</summary>
    public IReadOnlyList<int> LevelTokens { get; }

    /// <summary>Of decoding, stem and encoder.</summary>
    public StageTimes Times { get; }

    /// <summary>[1, N, d].</summary>
    internal long[] Shape { get; }

    internal StemOutputs Stem { get; }

    /// <summary>[N, d] row by row, level after level, without adapter. Valid until disposal.</summary>
    /// <param name="exit">A depth of the model.</param>
    public ReadOnlySpan<float> Tokens(int exit) => Layer(exit).GetTensorDataAsSpan<float>();

    /// <summary>[N, d]: what an adapter makes of its exit's tokens.</summary>
    public float[] Adapt(ExitAdapter adapter)
    {
        var tokens = Tokens(adapter.Exit);
        var adapted = new float[tokens.Length];
        adapter.Apply(tokens, LevelTokens, adapted);
        return adapted;
    }

    public void Dispose()
    {
        Array.ForEach(_layers, static layer => layer.Dispose());
        Stem.Dispose();
    }

    internal OrtValue Layer(int exit)
    {
        var index = _exits.TakeWhile(depth => depth != exit).Count();
        return index < _layers.Length ? _layers[index] : throw new ArgumentOutOfRangeException(nameof(exit), exit, "The model has no such exit.");
    }

    /// <summary>A model of one level need not say so.</summary>
    private static int[] Count(StemOutputs stem, int tokens)
    {
        if (!stem.Contains(GraphTensors.SpatialShapes))
        {
            return [tokens];
        }

        var sizes = stem[GraphTensors.SpatialShapes].GetTensorDataAsSpan<long>(); // [levels, 2]
        var counts = new int[sizes.Length / 2];
        for (var level = 0; level < counts.Length; level++)
        {
            counts[level] = checked((int)(sizes[2 * level] * sizes[(2 * level) + 1]));
        }

        return counts;
    }
}
