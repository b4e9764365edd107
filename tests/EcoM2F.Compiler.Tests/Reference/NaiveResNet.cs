using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Tests.Reference;

/// <summary>ResNet for one image with batch norm as a step of its own.</summary>
internal sealed class NaiveResNet(SafetensorsCheckpoint checkpoint, ResNetConfig config, ResNetKeys keys)
{
    private readonly NaiveLayers _layers = new(checkpoint);

    public Array3[] Run(Array3 pixels)
    {
        var x = MaxPool(Relu(ConvNorm(pixels, keys.Embedder, 2)));
        var maps = new List<Array3>();
        for (var stage = 0; stage < 4; stage++)
        {
            for (var block = 0; block < config.Depths[stage]; block++)
            {
                x = Block(x, stage, block, block == 0 && (stage > 0 || config.DownsampleInFirstStage) && !Dilated(stage) ? 2 : 1);
            }

            maps.Add(x);
        }

        return [.. maps];
    }

    private Array3 Block(Array3 x, int stage, int block, int stride)
    {
        var convolutions = config.Bottleneck ? 3 : 2;
        var halving = config.Bottleneck && !config.DownsampleInBottleneck ? 1 : 0;
        var inner = x;
        for (var i = 0; i < convolutions; i++)
        {
            var dilation = Dilated(stage) && (block > 0 || (!config.Bottleneck && i > 0)) ? 2 : 1; // of a 1x1 it changes nothing
            inner = ConvNorm(inner, keys.Layer(stage, block, i), i == halving ? stride : 1, dilation);
            inner = i < convolutions - 1 ? Relu(inner) : inner;
        }

        var shortcut = keys.Shortcut(stage, block);
        var residual = _layers.Has(shortcut.Conv + ".weight") ? ConvNorm(x, shortcut, stride) : x;
        for (var i = 0; i < inner.Values.Length; i++)
        {
            inner.Values[i] += residual.Values[i];
        }

        return Relu(inner);
    }

    /// <summary>timm's output_stride of 16.</summary>
    private bool Dilated(int stage) => config.DilateLastStage && stage == 3;

    private Array3 ConvNorm(Array3 x, (string Conv, string Norm) keys, int stride, int dilation = 1)
    {
        var result = _layers.Conv(x, keys.Conv, stride, dilation: dilation);
        var (weight, bias) = (_layers.Weight(keys.Norm + ".weight"), _layers.Weight(keys.Norm + ".bias"));
        var (mean, variance) = (_layers.Weight(keys.Norm + ".running_mean"), _layers.Weight(keys.Norm + ".running_var"));
        for (var i = 0; i < result.Values.Length; i++)
        {
            var c = i / (result.Height * result.Width);
            result.Values[i] = ((result.Values[i] - mean[c]) / Math.Sqrt(variance[c] + 1e-5) * weight[c]) + bias[c];
        }

        return result;
    }

    private static Array3 MaxPool(Array3 x)
    {
        var result = new Array3(x.Channels, ((x.Height - 1) / 2) + 1, ((x.Width - 1) / 2) + 1);
        for (var i = 0; i < result.Values.Length; i++)
        {
            var (c, y, column) = (i / (result.Height * result.Width), i / result.Width % result.Height, i % result.Width);
            var square = Enumerable.Range(0, 9).Select(k => (Y: (y * 2) + (k / 3) - 1, X: (column * 2) + (k % 3) - 1));
            result.Values[i] = square.Where(p => p.Y >= 0 && p.X >= 0 && p.Y < x.Height && p.X < x.Width).Max(p => x[c, p.Y, p.X]);
        }

        return result;
    }

    private static Array3 Relu(Array3 x)
    {
        for (var i = 0; i < x.Values.Length; i++)
        {
            x.Values[i] = Math.Max(x.Values[i], 0);
        }

        return x;
    }
}
