using EcoM2F.Inference.Safetensors;

namespace EcoM2F.TestSupport;

/// <summary>Random weights that keep a network's activations in a healthy range.</summary>
public sealed class RandomTensors(Random random)
{
    public SafetensorsWriter Writer { get; } = new();

    /// <summary>Weight [out, in, k, k] and bias [out].</summary>
    public void Conv(string prefix, int outputs, int inputs, int kernel, bool bias = true)
    {
        Uniform(prefix + ".weight", MathF.Sqrt(6f / (inputs * kernel * kernel)), outputs, inputs, kernel, kernel);
        if (bias)
        {
            Uniform(prefix + ".bias", 0.3f, outputs);
        }
    }

    /// <summary>Weight [out, in] and bias [out].</summary>
    public void Linear(string prefix, int outputs, int inputs, float biasScale = 0.2f)
    {
        Uniform(prefix + ".weight", MathF.Sqrt(3f / inputs), outputs, inputs);
        Uniform(prefix + ".bias", biasScale, outputs);
    }

    /// <summary>Scale around 1, shift around 0.</summary>
    public void Norm(string prefix, int size)
    {
        var scale = new float[size];
        for (var i = 0; i < size; i++)
        {
            scale[i] = 0.8f + (0.4f * random.NextSingle());
        }

        Writer.Add(prefix + ".weight", scale, size);
        Uniform(prefix + ".bias", 0.2f, size);
    }

    /// <summary>Between -scale and scale.</summary>
    public void Uniform(string name, float scale, params ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (var dim in shape)
        {
            count *= dim;
        }

        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ((2 * random.NextSingle()) - 1) * scale;
        }

        Writer.Add(name, values, shape);
    }
}
