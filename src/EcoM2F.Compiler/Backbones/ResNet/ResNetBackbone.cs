using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Backbones.ResNet;

/// <summary>
/// ResNet (arXiv 1512.03385) of basic or bottleneck blocks, batch norm folded into the convolutions. Feature maps are the
/// outputs of the four stages.
/// </summary>
internal sealed class ResNetBackbone(ResNetConfig config, ResNetKeys keys) : IBackbone
{
    public IReadOnlyList<int> Channels => config.HiddenSizes;

    public IReadOnlyList<Value> Build(LayerBuilder b, Value pixels)
    {
        var x = b.Graph.Relu(b.ConvNorm(pixels, keys.Embedder, new ConvShape(3, config.EmbeddingSize, 7, Stride: 2))); // [B, c, H/2, W/2]
        x = b.Graph.Node(
            "MaxPool", [x], ("kernel_shape", new long[] { 3, 3 }), ("strides", new long[] { 2, 2 }), ("pads", new long[] { 1, 1, 1, 1 }));
        var maps = new List<Value>(ResNetConfig.Stages);
        var channels = config.EmbeddingSize;
        for (var stage = 0; stage < ResNetConfig.Stages; stage++)
        {
            var outputs = config.HiddenSizes[stage];
            for (var block = 0; block < config.Depths[stage]; block++)
            {
                var halves = block == 0 && (stage > 0 || config.DownsampleInFirstStage) && !IsDilated(stage);
                x = Block(b, (stage, block), x, new ConvShape(channels, outputs, 1, halves ? 2 : 1));
                channels = outputs;
            }

            maps.Add(x);                                                           // [B, C, H/4, W/4] to [B, C, H/32, W/32]
        }

        return maps;
    }

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="place">Stage, and block in it.</param>
    /// <param name="input">[B, in, H, W].</param>
    /// <param name="shape">Of the whole block, and so of the shortcut's convolution.</param>
    private Value Block(LayerBuilder b, (int Stage, int Block) place, Value input, ConvShape shape)
    {
        var x = config.Bottleneck ? Bottleneck(b, place, input, shape) : Basic(b, place, input, shape);
        var residual = shape.Inputs != shape.Outputs || shape.Stride != 1
            ? b.ConvNorm(input, keys.Shortcut(place.Stage, place.Block), shape)
            : input;
        return b.Graph.Relu(b.Graph.Add(x, residual));
    }

    private Value Basic(LayerBuilder b, (int Stage, int Block) place, Value x, ConvShape shape)
    {
        x = b.Graph.Relu(b.ConvNorm(x, Key(place, 0), shape with { Kernel = 3, Dilation = FirstDilation(place) }));
        return b.ConvNorm(x, Key(place, 1), new ConvShape(shape.Outputs, shape.Outputs, 3) { Dilation = IsDilated(place.Stage) ? 2 : 1 });
    }

    private Value Bottleneck(LayerBuilder b, (int Stage, int Block) place, Value x, ConvShape shape)
    {
        var inner = shape.Outputs / 4;
        var (first, second) = config.DownsampleInBottleneck ? (shape.Stride, 1) : (1, shape.Stride);
        x = b.Graph.Relu(b.ConvNorm(x, Key(place, 0), new ConvShape(shape.Inputs, inner, 1, first)));
        x = b.Graph.Relu(b.ConvNorm(x, Key(place, 1), new ConvShape(inner, inner, 3, second) { Dilation = FirstDilation(place) }));
        return b.ConvNorm(x, Key(place, 2), new ConvShape(inner, shape.Outputs, 1));
    }

    private bool IsDilated(int stage) => config.DilateLastStage && stage == ResNetConfig.Stages - 1;

    /// <summary>Of a block's first 3x3: the first block still reads a map that is not dilated.</summary>
    private int FirstDilation((int Stage, int Block) place) => IsDilated(place.Stage) && place.Block > 0 ? 2 : 1;

    private (string Conv, string Norm) Key((int Stage, int Block) place, int index) => keys.Layer(place.Stage, place.Block, index);
}
