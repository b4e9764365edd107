using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>What the stem computed once and every later stage reads, on the device. Owns its tensors.</summary>
internal sealed class StemOutputs(OrtValue[] values, int height, int width) : IDisposable
{
    /// <summary>Names in the graph, in the order of the constructor's values.</summary>
    public static readonly string[] Names = ["tokens", "position", "spatial_shapes", "res2", "pooled"];

    /// <summary>[B, N, d]: levels of stride 32, 16, 8 one after the other.</summary>
    public OrtValue Tokens => values[0];

    /// <summary>[1, N, d].</summary>
    public OrtValue Position => values[1];

    /// <summary>int64 [3, 2] on the host: height and width of each level.</summary>
    public OrtValue SpatialShapes => values[2];

    /// <summary>[B, C, H/4, W/4].</summary>
    public OrtValue Res2 => values[3];

    /// <summary>[B, d]: mean over the stride-32 tokens; what gates read.</summary>
    public OrtValue Pooled => values[4];

    /// <summary>Model input, pixels.</summary>
    public int Height => height;

    public int Width => width;

    public void Dispose()
    {
        foreach (var value in values)
        {
            value.Dispose();
        }
    }
}
