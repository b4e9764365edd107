using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Onnx.CustomOps;

namespace EcoM2F.Compiler.Layers;

/// <summary>Convolution, linear map and normalisations, by checkpoint prefix.</summary>
internal static class BasicLayers
{
    private const float NormEpsilon = 1e-5f; // torch.nn.LayerNorm and GroupNorm

    /// <summary>Of every GroupNorm in these architectures.</summary>
    private const int Groups = 32;

    /// <summary>Square kernel, symmetric padding.</summary>
    /// <param name="x">[B, in, H, W].</param>
    public static Value Conv(this LayerBuilder b, Value x, string prefix, ConvShape shape) // [B, out, H/stride, W/stride]
    {
        using var scope = b.Graph.Scope(prefix);
        var weight = b.Weight(prefix + ".weight", shape.Outputs, shape.Inputs / shape.Groups, shape.Kernel, shape.Kernel);
        long pad = shape.Padding;
        (string, object)[] spread = shape.Dilation == 1 ? [] : [("dilations", new long[] { shape.Dilation, shape.Dilation })];
        return b.Graph.Node(
            "Conv",
            shape.Bias ? [x, weight, b.Weight(prefix + ".bias", shape.Outputs)] : [x, weight],
            [
                ("kernel_shape", new long[] { shape.Kernel, shape.Kernel }),
                ("strides", new long[] { shape.Stride, shape.Stride }),
                ("pads", new[] { pad, pad, pad, pad }),
                ("group", shape.Groups),
                .. spread,
            ]);
    }

    /// <summary>One GEMM with bias.</summary>
    /// <param name="x">[rows, in].</param>
    public static Value Linear(this LayerBuilder b, Value x, string prefix, int inputs, int outputs) // [rows, out]
    {
        using var scope = b.Graph.Scope(prefix);
        return b.Graph.Node(
            "Gemm",
            [x, b.Matrix(prefix + ".weight", inputs, (prefix + ".weight", outputs)), b.Weight(prefix + ".bias", outputs)]);
    }

    /// <summary>Over the last dimension; our own operator in a fused graph.</summary>
    public static Value LayerNorm(this LayerBuilder b, Value x, string prefix, int size, float epsilon = NormEpsilon)
    {
        using var scope = b.Graph.Scope(prefix);
        if (b.Fused)
        {
            return b.Graph.Node(
                EcoM2FOperators.AddLayerNorm,
                [x, Value.None, b.Weight(prefix + ".weight", size), b.Weight(prefix + ".bias", size)],
                ("epsilon", epsilon));
        }

        return b.Graph.Node(
            "LayerNormalization",
            [x, b.Weight(prefix + ".weight", size), b.Weight(prefix + ".bias", size)],
            ("axis", -1),
            ("epsilon", epsilon));
    }

    /// <summary>Layer norm of x + residual; one operator in a fused graph.</summary>
    /// <param name="x">[rows, size].</param>
    /// <param name="residual">[rows, size].</param>
    public static Value AddLayerNorm(this LayerBuilder b, Value x, Value residual, string prefix, int size) // [rows, size]
    {
        if (!b.Fused)
        {
            return b.LayerNorm(b.Graph.Add(x, residual), prefix, size);
        }

        using var scope = b.Graph.Scope(prefix);
        return b.Graph.Node(
            EcoM2FOperators.AddLayerNorm,
            [x, residual, b.Weight(prefix + ".weight", size), b.Weight(prefix + ".bias", size)],
            ("epsilon", NormEpsilon));
    }

    /// <summary>
    /// GroupNorm of 32 groups, scale and shift per channel, of standard operators. Out of InstanceNormalization, because opset 18's
    /// GroupNormalization scales per group.
    /// </summary>
    /// <param name="x">[B, C, H, W].</param>
    public static Value GroupNorm(this LayerBuilder b, Value x, string prefix, int channels) // [B, C, H, W]
    {
        using var scope = b.Graph.Scope(prefix);
        var shape = b.Graph.Shape(x, 0, 4);
        var normal = b.Graph.Reshape(b.NormalizeGroups(x), shape);
        var scaled = b.Graph.Mul(normal, b.ChannelVector(prefix + ".weight", channels));
        return b.Graph.Add(scaled, b.ChannelVector(prefix + ".bias", channels));
    }

    /// <summary>GroupNorm, and ReLU behind it; one operator in a fused graph.</summary>
    /// <param name="x">[B, C, H, W].</param>
    public static Value GroupNormRelu(this LayerBuilder b, Value x, string prefix, int channels) => // [B, C, H, W]
        b.Fused ? b.FusedGroupNorm(x, Value.None, prefix, channels, relu: true) : b.Graph.Relu(b.GroupNorm(x, prefix, channels));

    /// <summary>GroupNorm, and a map of half the size, enlarged bilinearly and added; one operator in a fused graph.</summary>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="coarse">[B, C, H/2, W/2].</param>
    public static Value GroupNormPlusCoarse(this LayerBuilder b, Value x, Value coarse, string prefix, int channels) => // [B, C, H, W]
        b.Fused ? b.FusedGroupNorm(x, coarse, prefix, channels, relu: false) : b.Graph.Add(b.GroupNorm(x, prefix, channels), b.Graph.Resize(coarse, 2f));

    /// <summary>GroupNorm, channels last and flat.</summary>
    /// <param name="x">[B, C, H, W].</param>
    public static Value GroupNormTokens(this LayerBuilder b, Value x, string prefix, int channels) // [B, H*W, C]
    {
        using var scope = b.Graph.Scope(prefix);
        var normal = b.Graph.Reshape(b.NormalizeGroups(x), 0, channels, -1);
        var tokens = b.Graph.Transpose(normal, 0, 2, 1);
        var scaled = b.Graph.Mul(tokens, b.Weight(prefix + ".weight", channels));
        return b.Graph.Add(scaled, b.Weight(prefix + ".bias", channels));
    }

    private static Value FusedGroupNorm(this LayerBuilder b, Value x, Value coarse, string prefix, int channels, bool relu) // [B, C, H, W]
    {
        using var scope = b.Graph.Scope(prefix);
        return b.Graph.Node(
            EcoM2FOperators.GroupNorm,
            [x, coarse, b.ChannelVector(prefix + ".weight", channels), b.ChannelVector(prefix + ".bias", channels)],
            ("epsilon", NormEpsilon),
            ("groups", Groups),
            ("relu", relu ? 1 : 0));
    }

    private static Value NormalizeGroups(this LayerBuilder b, Value x) // [B, 32, C/32*H*W]
    {
        var ones = new float[Groups];
        Array.Fill(ones, 1f);
        return b.Graph.Node(
            "InstanceNormalization",
            [b.Graph.Reshape(x, 0, Groups, -1), b.Graph.Constant(ones, Groups), b.Graph.Constant(new float[Groups], Groups)],
            ("epsilon", NormEpsilon));
    }

    private static Value ChannelVector(this LayerBuilder b, string name, int channels) // [C, 1, 1]
    {
        b.Graph.Weights.Add(name, () => b.Checkpoint.Read(name, channels), channels, 1, 1);
        return b.Graph.Weight(name);
    }
}
