using EcoM2F.Compiler.Backbones.Swin;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Tests.Reference;

/// <summary>
/// Swin Transformer for one image, window by window, with every step that the compiler's graph avoids: tokens are padded,
/// rolled, cut, put back, rolled back and cropped one at a time.
/// </summary>
internal sealed class NaiveSwin(SafetensorsCheckpoint checkpoint, SwinConfig config, string prefix)
{
    private readonly NaiveLayers _layers = new(checkpoint);

    public Array3[] Run(Array3 pixels)
    {
        var patches = _layers.Conv(pixels, prefix + ".embeddings.patch_embeddings.projection", 4, padding: 0);
        var x = Array3.FromTokens(
            [.. patches.Tokens().Select(t => _layers.LayerNorm(t, prefix + ".embeddings.norm"))], patches.Height, patches.Width);
        var maps = new List<Array3>();
        for (var stage = 0; stage < 4; stage++)
        {
            x = stage > 0 ? Merge(x, stage - 1) : x;
            for (var block = 0; block < config.Depths[stage]; block++)
            {
                x = Block(x, stage, block);
            }

            var norm = $"{prefix}.hidden_states_norms.stage{stage + 1}";
            maps.Add(Array3.FromTokens([.. x.Tokens().Select(t => _layers.LayerNorm(t, norm))], x.Height, x.Width));
        }

        return [.. maps];
    }

    private Array3 Merge(Array3 x, int stage)
    {
        var name = $"{prefix}.encoder.layers.{stage}.downsample.";
        var (height, width) = ((x.Height + 1) / 2, (x.Width + 1) / 2);
        var tokens = new double[height * width][];
        for (var i = 0; i < tokens.Length; i++)
        {
            var (y, c) = (i / width * 2, i % width * 2);
            double[] square = [.. Token(x, y, c), .. Token(x, y + 1, c), .. Token(x, y, c + 1), .. Token(x, y + 1, c + 1)];
            tokens[i] = _layers.Linear(_layers.LayerNorm(square, name + "norm"), name + "reduction");
        }

        return Array3.FromTokens(tokens, height, width);
    }

    private Array3 Block(Array3 x, int stage, int block)
    {
        var name = $"{prefix}.encoder.layers.{stage}.blocks.{block}.";
        var shift = block % 2 == 0 ? 0 : config.WindowSize / 2;
        var normal = Array3.FromTokens(
            [.. x.Tokens().Select(t => _layers.LayerNorm(t, name + "layernorm_before", config.LayerNormEpsilon))], x.Height, x.Width);
        var attended = Attention(normal, name + "attention.", config.Heads[stage], shift).Tokens();
        return Array3.FromTokens([.. x.Tokens().Select((t, i) => FeedForward(NaiveLayers.Add(t, attended[i]), name))], x.Height, x.Width);
    }

    private double[] FeedForward(double[] x, string name)
    {
        var hidden = _layers.Linear(_layers.LayerNorm(x, name + "layernorm_after", config.LayerNormEpsilon), name + "intermediate.dense");
        return NaiveLayers.Add(x, _layers.Linear([.. hidden.Select(v => v * 0.5 * (1 + ErrorFunction.Of(v / Math.Sqrt(2))))], name + "output.dense"));
    }

    private Array3 Attention(Array3 x, string name, int heads, int shift)
    {
        var window = config.WindowSize;
        var (height, width) = (Up(x.Height), Up(x.Width));
        var result = new Array3(x.Channels, x.Height, x.Width);
        for (var top = 0; top < height; top += window)
        {
            for (var left = 0; left < width; left += window)
            {
                // where the window's tokens come from, and whether rolling brought them from the other side
                var places = Enumerable.Range(0, window * window).Select(i => (Y: top + (i / window) + shift, X: left + (i % window) + shift)).ToArray();
                var outputs = Window([.. places.Select(p => Token(x, p.Y % height, p.X % width))], name, heads, Allowed);
                for (var i = 0; i < outputs.Length; i++)
                {
                    Put(result, places[i].Y % height, places[i].X % width, outputs[i]);
                }

                bool Allowed(int a, int b) => places[a].Y >= height == places[b].Y >= height && places[a].X >= width == places[b].X >= width;
            }
        }

        return result;

        int Up(int size) => (size + window - 1) / window * window;
    }

    private double[][] Window(double[][] tokens, string name, int heads, Func<int, int, bool> allowed)
    {
        var (window, span) = (config.WindowSize, (2 * config.WindowSize) - 1);
        var table = _layers.Weight(name + "self.relative_position_bias_table");
        var (queries, keys, values) = (Project("query"), Project("key"), Project("value"));
        var width = tokens[0].Length / heads;
        return [.. tokens.Select((_, a) =>
        {
            var sum = new double[tokens[0].Length];
            for (var head = 0; head < heads; head++)
            {
                var weights = NaiveLayers.Softmax([.. tokens.Select((_, b) => Logit(a, b, head))]);
                for (var c = head * width; c < (head + 1) * width; c++)
                {
                    sum[c] = weights.Select((w, b) => w * values[b][c]).Sum();
                }
            }

            return _layers.Linear(sum, name + "output.dense");
        })];

        double[][] Project(string part) => [.. tokens.Select(t => _layers.Linear(t, $"{name}self.{part}"))];

        double Logit(int a, int b, int head)
        {
            var row = (((a / window) - (b / window) + window - 1) * span) + (a % window) - (b % window) + window - 1;
            var product = Enumerable.Range(head * width, width).Sum(c => queries[a][c] * keys[b][c]);
            return (product / Math.Sqrt(width)) + table[(row * heads) + head] + (allowed(a, b) ? 0 : -100);
        }
    }

    private static double[] Token(Array3 x, int y, int c) => [.. Enumerable.Range(0, x.Channels).Select(channel => x.OrZero(channel, y, c))];

    private static void Put(Array3 x, int y, int c, double[] token)
    {
        for (var channel = 0; channel < x.Channels && y < x.Height && c < x.Width; channel++)
        {
            x[channel, y, c] = token[channel];
        }
    }
}
