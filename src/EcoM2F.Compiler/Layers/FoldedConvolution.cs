using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>A convolution without bias and the batch norm after it, as one convolution with bias.</summary>
internal static class FoldedConvolution
{
    private const double Epsilon = 1e-5; // torch.nn.BatchNorm2d, and DETR's frozen one

    /// <summary>Square kernel, symmetric padding of half of it.</summary>
    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="x">[B, in, H, W].</param>
    /// <param name="keys">Prefixes of both.</param>
    /// <param name="shape">Of the convolution.</param>
    public static Value ConvNorm(this LayerBuilder b, Value x, (string Conv, string Norm) keys, ConvShape shape) // [B, out, H/stride, W/stride]
    {
        var (weight, bias) = (keys.Conv + ".weight", keys.Conv + ".bias");
        var kernel = new long[] { shape.Outputs, shape.Inputs / shape.Groups, shape.Kernel, shape.Kernel };
        b.Graph.Weights.Add(weight, () => Weight(b.Checkpoint, keys, kernel), kernel);
        b.Graph.Weights.Add(bias, () => Bias(b.Checkpoint, keys.Norm, shape.Outputs), shape.Outputs);
        return b.Conv(x, keys.Conv, shape with { Bias = true });
    }

    /// <summary>Each output channel's kernel times its scale.</summary>
    private static float[] Weight(CheckpointReader checkpoint, (string Conv, string Norm) keys, long[] shape)
    {
        var weight = checkpoint.Read(keys.Conv + ".weight", shape);
        var scale = Scale(checkpoint, keys.Norm, (int)shape[0]);
        var perOutput = weight.Length / scale.Length;
        for (var i = 0; i < weight.Length; i++)
        {
            weight[i] = (float)(weight[i] * scale[i / perOutput]);
        }

        return weight;
    }

    private static float[] Bias(CheckpointReader checkpoint, string norm, int channels)
    {
        var (shift, mean) = (checkpoint.Read(norm + ".bias", channels), checkpoint.Read(norm + ".running_mean", channels));
        return [.. Scale(checkpoint, norm, channels).Select((scale, c) => (float)(shift[c] - (mean[c] * scale)))];
    }

    private static double[] Scale(CheckpointReader checkpoint, string norm, int channels)
    {
        var (weight, variance) = (checkpoint.Read(norm + ".weight", channels), checkpoint.Read(norm + ".running_var", channels));
        return [.. weight.Zip(variance, (w, v) => w / Math.Sqrt(v + Epsilon))];
    }
}
