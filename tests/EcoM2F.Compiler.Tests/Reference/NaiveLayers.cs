using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Tests.Reference;

/// <summary>Layers as textbooks have them, in double precision, straight from the checkpoint: slow and hard to get wrong.</summary>
internal sealed class NaiveLayers(SafetensorsCheckpoint checkpoint)
{
    private const double Epsilon = 1e-5; // PyTorch's default for norms

    private readonly Dictionary<string, float[]> _weights = [];

    public float[] Weight(string name)
    {
        if (!_weights.TryGetValue(name, out var weight))
        {
            _weights.Add(name, weight = checkpoint.Floats(name));
        }

        return weight;
    }

    public bool Has(string name) => checkpoint.Contains(name);

    /// <param name="padding">Null: half of the kernel.</param>
    /// <param name="dilation">Pixels from one of the kernel's to the next.</param>
    public Array3 Conv(Array3 x, string prefix, int stride = 1, int? padding = null, int dilation = 1)
    {
        var (weight, shape) = (Weight(prefix + ".weight"), checkpoint[prefix + ".weight"].Shape);
        var bias = Has(prefix + ".bias") ? Weight(prefix + ".bias") : null;
        var (outputs, perGroup, kernel) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        var outputsPerGroup = outputs / (x.Channels / perGroup);
        var pad = padding ?? kernel / 2 * dilation;
        var reach = ((kernel - 1) * dilation) + 1;
        var result = new Array3(outputs, ((x.Height + (2 * pad) - reach) / stride) + 1, ((x.Width + (2 * pad) - reach) / stride) + 1);
        for (var o = 0; o < outputs; o++)
        {
            for (var y = 0; y < result.Height; y++)
            {
                for (var c = 0; c < result.Width; c++)
                {
                    double sum = bias?[o] ?? 0;
                    for (var i = 0; i < perGroup; i++)
                    {
                        for (var k = 0; k < kernel * kernel; k++)
                        {
                            var pixel = x.OrZero((o / outputsPerGroup * perGroup) + i, (y * stride) + (k / kernel * dilation) - pad, (c * stride) + (k % kernel * dilation) - pad);
                            sum += pixel * weight[(((o * perGroup) + i) * kernel * kernel) + k];
                        }
                    }

                    result[o, y, c] = sum;
                }
            }
        }

        return result;
    }

    public Array3 GroupNorm(Array3 x, string prefix)
    {
        var (weight, bias) = (Weight(prefix + ".weight"), Weight(prefix + ".bias"));
        var result = new Array3(x.Channels, x.Height, x.Width);
        var length = x.Values.Length / 32;
        for (var group = 0; group < 32; group++)
        {
            var normal = Normalize(x.Values[(group * length)..((group + 1) * length)]);
            for (var i = 0; i < length; i++)
            {
                var channel = ((group * length) + i) / (x.Height * x.Width);
                result.Values[(group * length) + i] = (normal[i] * weight[channel]) + bias[channel];
            }
        }

        return result;
    }

    public double[] LayerNorm(double[] x, string prefix, double epsilon = Epsilon)
    {
        var (weight, bias) = (Weight(prefix + ".weight"), Weight(prefix + ".bias"));
        return [.. Normalize(x, epsilon).Select((v, i) => (v * weight[i]) + bias[i])];
    }

    /// <summary>Without bias where the checkpoint has none.</summary>
    public double[] Linear(double[] x, string prefix)
    {
        var weight = Weight(prefix + ".weight");
        return Linear(x, weight, Has(prefix + ".bias") ? Weight(prefix + ".bias") : new float[weight.Length / x.Length]);
    }

    /// <param name="weight">[out, in], perhaps part of a larger one.</param>
    public static double[] Linear(double[] x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        var result = new double[bias.Length];
        for (var o = 0; o < result.Length; o++)
        {
            result[o] = bias[o];
            for (var i = 0; i < x.Length; i++)
            {
                result[o] += x[i] * weight[(o * x.Length) + i];
            }
        }

        return result;
    }

    public double[] FeedForward(double[] x, string prefix)
    {
        var hidden = Linear(x, prefix + ".fc1").Select(v => Math.Max(v, 0)).ToArray();
        return LayerNorm(Add(x, Linear(hidden, prefix + ".fc2")), prefix + ".final_layer_norm");
    }

    /// <param name="open">Which keys a query may look at; null: all.</param>
    public static double[][] Attend(double[][] queries, double[][] keys, double[][] values, int heads, bool[][]? open)
    {
        var width = queries[0].Length / heads;
        return [.. queries.Select((query, q) =>
        {
            var result = new double[query.Length];
            for (var head = 0; head < heads; head++)
            {
                var first = head * width;
                var logits = keys.Select((key, k) => open is null || open[q][k]
                    ? Enumerable.Range(first, width).Sum(i => query[i] * key[i]) / Math.Sqrt(width)
                    : double.NegativeInfinity).ToArray();
                var weights = Softmax(logits);
                for (var i = first; i < first + width; i++)
                {
                    result[i] = weights.Zip(values, (w, v) => w * v[i]).Sum();
                }
            }

            return result;
        })];
    }

    public static double[] Softmax(double[] logits)
    {
        var highest = logits.Max();
        var powers = logits.Select(l => Math.Exp(l - highest)).ToArray();
        var sum = powers.Sum();
        return [.. powers.Select(p => p / sum)];
    }

    public static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Normalize(double[] x, double epsilon = Epsilon)
    {
        var mean = x.Average();
        var deviation = Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + epsilon);
        return [.. x.Select(v => (v - mean) / deviation)];
    }
}
