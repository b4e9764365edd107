using System.Globalization;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Backbones.MobileNetV2;

/// <summary>
/// MobileNetV2 (arXiv 1801.04381) with batch norm folded into the convolutions: <c>stem</c>, then <c>blocks.N</c> of
/// <c>expand</c>, <c>depthwise</c> and <c>project</c>, ReLU6 after all but the last. Widths are the checkpoint's.
/// </summary>
/// <param name="config">Which blocks halve the resolution, and which give the maps.</param>
/// <param name="prefix">Of the backbone in the checkpoint, without the last dot.</param>
internal sealed class MobileNetV2Backbone(MobileNetV2Config config, string prefix) : IBackbone
{
    public IReadOnlyList<int> Channels => config.Channels;

    public IReadOnlyList<Value> Build(LayerBuilder b, Value pixels)
    {
        var maps = new List<Value>();
        var channels = Outputs(b.Checkpoint, prefix + ".stem.weight");
        var x = Relu6(b, b.Conv(pixels, prefix + ".stem", new ConvShape(3, channels, 3, Stride: 2)));    // [B, c, H/2, W/2]
        for (var block = 0; block <= config.Outputs[^1]; block++)
        {
            (x, channels) = Block(b, block, x, channels);
            if (config.Outputs.Contains(block))
            {
                if (channels != Channels[maps.Count])
                {
                    throw new CompileException(
                        $"config.json's backbone_config.channels says {Channels[maps.Count]} after block {block}; the checkpoint has {channels}.");
                }

                maps.Add(x);
            }
        }

        return maps;
    }

    private (Value Map, int Channels) Block(LayerBuilder b, int block, Value input, int inputs)
    {
        var name = $"{prefix}.blocks.{block.ToString(CultureInfo.InvariantCulture)}";
        var stride = config.Halving.Contains(block) ? 2 : 1;
        var (x, inner) = (input, inputs);
        if (block > 0 || b.Checkpoint.Contains(name + ".expand.weight")) // GluonCV's first block has one of its own
        {
            inner = Outputs(b.Checkpoint, name + ".expand.weight");
            x = Relu6(b, b.Conv(x, name + ".expand", new ConvShape(inputs, inner, 1)));
        }

        x = Relu6(b, b.Conv(x, name + ".depthwise", new ConvShape(inner, inner, 3, stride, Groups: inner)));
        var outputs = Outputs(b.Checkpoint, name + ".project.weight");
        x = b.Conv(x, name + ".project", new ConvShape(inner, outputs, 1));
        return (stride == 1 && inputs == outputs ? b.Graph.Add(input, x) : x, outputs);
    }

    private static Value Relu6(LayerBuilder b, Value x) => b.Graph.Node("Clip", [x, b.Graph.Scalar(0f), b.Graph.Scalar(6f)]);

    /// <exception cref="CompileException">It is missing, or is not a convolution's.</exception>
    private static int Outputs(CheckpointReader checkpoint, string weight) => checkpoint.Contains(weight)
        ? (int)(checkpoint.Rows(weight) ?? throw new CompileException($"Tensor '{weight}' is not the weight of a convolution."))
        : throw checkpoint.Missing(weight);
}
