using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>
/// Swin Transformer (arXiv 2103.14030) as Hugging Face's <c>SwinBackbone</c> runs it: windows keep their size on maps smaller
/// than they are, and every other block shifts them. Tokens stay a matrix [B*H*W, C] throughout; feature maps are the stages'
/// outputs before patch merging, each through a norm of its own.
/// </summary>
internal sealed class SwinBackbone(SwinConfig config, SwinKeys keys) : IBackbone
{
    public IReadOnlyList<int> Channels => config.Channels;

    public IReadOnlyList<Value> Build(LayerBuilder b, Value pixels)
    {
        var g = b.Graph;
        foreach (var norm in keys.UnusedNorms)
        {
            b.Checkpoint.Ignore(norm + ".weight");
            b.Checkpoint.Ignore(norm + ".bias");
        }

        var patches = b.Conv(pixels, keys.PatchProjection, new ConvShape(3, config.EmbedDim, SwinConfig.PatchSize, SwinConfig.PatchSize) { Padding = 0 });
        var grid = TokenGrid.Of(g, patches);                                                   // [B, C, H/4, W/4]
        var x = g.Reshape(g.Transpose(patches, 0, 2, 3, 1), -1, config.EmbedDim);              // [B*H/4*W/4, C]
        x = b.LayerNorm(x, keys.PatchNorm, config.EmbedDim);
        var maps = new List<Value>(SwinConfig.Stages);
        for (var stage = 0; stage < SwinConfig.Stages; stage++)
        {
            if (stage > 0)
            {
                (x, grid) = PatchMerging.Build(b, x, keys.Downsample(stage - 1), config.Channels[stage - 1], grid);
            }

            x = Blocks(b, x, stage, grid);
            maps.Add(Map(b, x, stage, grid));
        }

        return maps;
    }

    private Value Blocks(LayerBuilder b, Value x, int stage, TokenGrid grid)
    {
        var size = new SwinBlockSize
        {
            Width = config.Channels[stage],
            Heads = config.Heads[stage],
            Window = config.WindowSize,
            Feedforward = (int)(config.MlpRatio * config.Channels[stage]),
            QkvBias = config.QkvBias,
            Epsilon = config.LayerNormEpsilon,
        };
        using var scope = b.Graph.Scope(keys.Block(stage, 0));
        var windows = new WindowPartition(b.Graph, size, grid);
        for (var block = 0; block < config.Depths[stage]; block++)
        {
            x = SwinBlock.Build(b, x, keys.Block(stage, block), size, grid, block % 2 == 0 ? windows.Straight : windows.Shifted);
        }

        return x;
    }

    private Value Map(LayerBuilder b, Value x, int stage, TokenGrid grid) // [B, C, H, W]
    {
        var width = config.Channels[stage];
        var normal = b.LayerNorm(x, keys.OutputNorm(stage), width);
        using var scope = b.Graph.Scope(keys.OutputNorm(stage));
        return b.Graph.Transpose(b.Graph.Reshape(normal, grid.Shape(b.Graph, width)), 0, 3, 1, 2);
    }
}
