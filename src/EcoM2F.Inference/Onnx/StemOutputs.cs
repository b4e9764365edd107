using EcoM2F.Inference.Models;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>What the stem computed once and later stages read, by name, on the device. Owns its tensors.</summary>
internal sealed class StemOutputs(IReadOnlyList<string> names, OrtValue[] values, int height, int width) : IDisposable
{
    /// <summary>[B, d]: mean over the stride-32 tokens; what gates read.</summary>
    public OrtValue Pooled => this[GraphTensors.Pooled];

    /// <summary>Model input, pixels.</summary>
    public int Height => height;

    public int Width => width;

    /// <exception cref="KeyNotFoundException">The stem gives nothing of that name.</exception>
    public OrtValue this[string name]
    {
        get
        {
            for (var i = 0; i < names.Count; i++)
            {
                if (names[i] == name)
                {
                    return values[i];
                }
            }

            throw new KeyNotFoundException($"The stem gives no '{name}'.");
        }
    }

    public void Dispose()
    {
        foreach (var value in values)
        {
            value.Dispose();
        }
    }
}
