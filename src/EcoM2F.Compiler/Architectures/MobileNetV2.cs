using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Architectures;

/// <summary>
/// MobileNetV2 (arXiv 1801.04381) with batch norm folded into the convolutions: <c>stem</c>, then <c>blocks.N</c> of
/// <c>expand</c>, <c>depthwise</c> and <c>project</c>, ReLU6 after all but the last. Widths are the checkpoint's.
/// </summary>
internal sealed class MobileNetV2 : IBackbone
{
    private const string Prefix = "model.pixel_level_module.encoder";

    private readonly SafetensorsCheckpoint _checkpoint;
    private readonly IReadOnlyList<int> _outputs;
    private readonly IReadOnlyList<int> _halving;

    public MobileNetV2(JsonObject config, string file, SafetensorsCheckpoint checkpoint)
    {
        _checkpoint = checkpoint;
        var keys = new ConfigKeys(config, file, "backbone_config.");
        keys.Allow("model_type", "folded_batch_norm", "activation", "depth_multiplier", "feature_strides", "channels", "out_blocks", "stride_2_blocks");
        keys.Require("folded_batch_norm", true, absent: false);
        keys.Require("activation", "relu6", absent: "relu6");
        keys.RequireInts("feature_strides", [4, 8, 16, 32]);
        Channels = keys.Ints("channels", [24, 32, 96, 320]);
        _outputs = keys.Ints("out_blocks", [2, 5, 12, 16]);
        _halving = keys.Ints("stride_2_blocks", [1, 3, 6, 13]);
        if (Channels.Count != 4 || _outputs.Count != 4 || _halving.Count != 4 || !Ascending(_outputs) || !Ascending(_halving)
            || Enumerable.Range(0, 4).Any(i => _halving[i] > _outputs[i] || (i < 3 && _halving[i + 1] <= _outputs[i])))
        {
            throw new CompileException(
                $"{file}: backbone_config's channels, out_blocks and stride_2_blocks must be four numbers each, "
                + "and each output must come after its own and before the next halving of the resolution.");
        }
    }

    public IReadOnlyList<int> Channels { get; }

    public IReadOnlyList<Value> Build(LayerBuilder b, Value pixels)
    {
        var maps = new List<Value>();
        var channels = (int)Outputs(Prefix + ".stem.weight");
        var x = Relu6(b, b.Conv(pixels, Prefix + ".stem", new ConvShape(3, channels, 3, Stride: 2)));    // [B, c, H/2, W/2]
        for (var block = 0; block <= _outputs[^1]; block++)
        {
            (x, channels) = Block(b, block, x, channels);
            if (_outputs.Contains(block))
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
        var prefix = Prefix + ".blocks." + block.ToString(CultureInfo.InvariantCulture);
        var stride = _halving.Contains(block) ? 2 : 1;
        var (x, inner) = (input, inputs);
        if (block > 0 || _checkpoint.Contains(prefix + ".expand.weight")) // GluonCV's first block has one of its own
        {
            inner = (int)Outputs(prefix + ".expand.weight");
            x = Relu6(b, b.Conv(x, prefix + ".expand", new ConvShape(inputs, inner, 1)));
        }

        x = Relu6(b, b.Conv(x, prefix + ".depthwise", new ConvShape(inner, inner, 3, stride, Groups: inner)));
        var outputs = (int)Outputs(prefix + ".project.weight");
        x = b.Conv(x, prefix + ".project", new ConvShape(inner, outputs, 1));
        return (stride == 1 && inputs == outputs ? b.Graph.Add(input, x) : x, outputs);
    }

    private static Value Relu6(LayerBuilder b, Value x) => b.Graph.Node("Clip", [x, b.Graph.Scalar(0f), b.Graph.Scalar(6f)]);

    private static bool Ascending(IReadOnlyList<int> numbers) => numbers[0] >= 0 && numbers.Zip(numbers.Skip(1)).All(p => p.First < p.Second);

    private long Outputs(string weight) => _checkpoint.Contains(weight)
        ? _checkpoint[weight].Shape is [var outputs, ..] ? outputs : throw new CompileException($"Key '{weight}' is not a convolution's weight.")
        : throw new CompileException($"The checkpoint lacks the key '{weight}' that its config.json calls for.");
}
