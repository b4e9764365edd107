using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Reference;

/// <summary>
/// The tiny checkpoint's network for one image, in the order of Hugging Face's implementation and without the compiler's
/// rewrites: every mask is predicted at stride 4, then resized, then thresholded.
/// </summary>
internal sealed class NaiveMask2Former(SafetensorsCheckpoint checkpoint)
{
    private const string Decoder = "model.pixel_level_module.decoder.";
    private const string Module = "model.transformer_module.";
    private const int Width = TinyCheckpoint.Width;
    private const int Heads = TinyCheckpoint.Heads;

    private readonly NaiveLayers _layers = new(checkpoint);

    /// <summary>The attention-mask logit nearest to 0 so far: below rounding, an entry could flip.</summary>
    public double NearestToZero { get; private set; } = double.MaxValue;

    /// <summary>Queries whose mask was empty, so that attention was opened.</summary>
    public int Opened { get; private set; }

    public Array3[] Backbone(Array3 pixels)
    {
        const string prefix = "model.pixel_level_module.encoder.";
        var x = Relu6(_layers.Conv(pixels, prefix + "stem", 2));
        var maps = new List<Array3>();
        for (var block = 0; block < TinyCheckpoint.BlockChannels.Count; block++)
        {
            var name = $"{prefix}blocks.{block}";
            var inner = _layers.Has(name + ".expand.weight") ? Relu6(_layers.Conv(x, name + ".expand")) : x;
            var halves = block is 1 or 2 or 4 or 5;
            inner = _layers.Conv(Relu6(_layers.Conv(inner, name + ".depthwise", halves ? 2 : 1)), name + ".project");
            if (!halves && inner.Channels == x.Channels)
            {
                for (var i = 0; i < inner.Values.Length; i++)
                {
                    inner.Values[i] += x.Values[i];
                }
            }

            x = inner;
            if (block is 1 or 3 or 4 or 5)
            {
                maps.Add(x);
            }
        }

        return [.. maps];
    }

    /// <summary>Strides 32, 16, 8 after projection, without position.</summary>
    public Array3[] Project(Array3[] maps) => [.. Enumerable.Range(0, 3).Select(level =>
        _layers.GroupNorm(_layers.Conv(maps[3 - level], $"{Decoder}input_projections.{level}.0"), $"{Decoder}input_projections.{level}.1"))];

    public double[][] Positions(Array3[] levels)
    {
        var embeddings = _layers.Weight(Decoder + "level_embed");
        return [.. levels.SelectMany((map, level) => Sine(map.Height, map.Width)
            .Select(p => p.Select((v, c) => v + embeddings[(level * Width) + c]).ToArray()))];
    }

    public static double[][] Sine(int height, int width)
    {
        var result = new double[height * width][];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = new double[Width];
            for (var c = 0; c < Width / 2; c++)
            {
                var divisor = Math.Pow(10000, 2 * (c / 2) / (Width / 2.0));
                var y = ((i / width) + 1) / (height + 1e-6) * 2 * Math.PI / divisor;
                var x = ((i % width) + 1) / (width + 1e-6) * 2 * Math.PI / divisor;
                result[i][c] = c % 2 == 0 ? Math.Sin(y) : Math.Cos(y);
                result[i][(Width / 2) + c] = c % 2 == 0 ? Math.Sin(x) : Math.Cos(x);
            }
        }

        return result;
    }

    public double[][] EncoderLayer(int layer, double[][] tokens, double[][] positions, (int Height, int Width)[] sizes)
    {
        var prefix = $"{Decoder}encoder.layers.{layer}";
        var attended = Deformable(prefix + ".self_attn", tokens, positions, sizes);
        return [.. tokens.Select((token, i) => _layers.FeedForward(
            _layers.LayerNorm(NaiveLayers.Add(token, attended[i]), prefix + ".self_attn_layer_norm"), prefix))];
    }

    public Array3 MaskFeatures(Array3 res2, Array3 stride8)
    {
        var x = _layers.GroupNorm(_layers.Conv(res2, Decoder + "adapter_1.0"), Decoder + "adapter_1.1");
        var upsampled = stride8.ResizeTo(x.Height, x.Width);
        for (var i = 0; i < x.Values.Length; i++)
        {
            x.Values[i] += upsampled.Values[i];
        }

        x = _layers.GroupNorm(_layers.Conv(x, Decoder + "layer_1.0"), Decoder + "layer_1.1");
        for (var i = 0; i < x.Values.Length; i++)
        {
            x.Values[i] = Math.Max(x.Values[i], 0);
        }

        return _layers.Conv(x, Decoder + "mask_projection");
    }

    public (double[][] Classes, Array3 Masks) Decode(Array3[] memory, Array3 features)
    {
        var x = Rows(Module + "queries_features.weight");
        var masks = PredictMasks(x, features);
        for (var layer = 0; layer < TinyCheckpoint.DecoderLayers - 1; layer++)
        {
            x = DecoderLayer(layer, x, memory[layer % 3], masks);
            masks = PredictMasks(x, features);
        }

        return ([.. x.Select(q => _layers.Linear(_layers.LayerNorm(q, Module + "decoder.layernorm"), "class_predictor"))], masks);
    }

    private double[][] Deformable(string prefix, double[][] tokens, double[][] positions, (int Height, int Width)[] sizes)
    {
        var values = tokens.Select(t => _layers.Linear(t, prefix + ".value_proj")).ToArray();
        var maps = Cut(values, sizes);
        var places = sizes.SelectMany(s => Enumerable.Range(0, s.Height * s.Width)
            .Select(i => (Y: ((i / s.Width) + 0.5) / s.Height, X: ((i % s.Width) + 0.5) / s.Width))).ToArray();
        return [.. tokens.Select((token, i) =>
        {
            var query = NaiveLayers.Add(token, positions[i]);
            var offsets = _layers.Linear(query, prefix + ".sampling_offsets");
            var logits = _layers.Linear(query, prefix + ".attention_weights");
            var sum = new double[Width];
            for (var head = 0; head < Heads; head++)
            {
                var weights = NaiveLayers.Softmax(logits[(head * 12)..((head + 1) * 12)]);
                for (var sample = 0; sample < 12; sample++)
                {
                    var map = maps[sample / 4];
                    var offset = ((head * 12) + sample) * 2;
                    var x = ((places[i].X + (offsets[offset] / map.Width)) * map.Width) - 0.5;
                    var y = ((places[i].Y + (offsets[offset + 1] / map.Height)) * map.Height) - 0.5;
                    for (var c = head * Width / Heads; c < (head + 1) * Width / Heads; c++)
                    {
                        sum[c] += weights[sample] * map.Bilinear(c, y, x);
                    }
                }
            }

            return _layers.Linear(sum, prefix + ".output_proj");
        })];
    }

    public static Array3[] Cut(double[][] tokens, (int Height, int Width)[] sizes)
    {
        var first = 0;
        return [.. sizes.Select(s =>
        {
            var part = tokens[first..(first += s.Height * s.Width)];
            return Array3.FromTokens(part, s.Height, s.Width);
        })];
    }

    private double[][] DecoderLayer(int layer, double[][] x, Array3 memory, Array3 masks)
    {
        var prefix = $"{Module}decoder.layers.{layer}";
        var queryPositions = Rows(Module + "queries_embedder.weight");
        var levelEmbedding = Rows(Module + "level_embed.weight")[layer % 3];
        var values = memory.Tokens().Select(t => NaiveLayers.Add(t, levelEmbedding)).ToArray();
        var keys = values.Zip(Sine(memory.Height, memory.Width), NaiveLayers.Add);
        var (weight, bias) = (_layers.Weight(prefix + ".cross_attn.in_proj_weight"), _layers.Weight(prefix + ".cross_attn.in_proj_bias"));
        var attended = NaiveLayers.Attend(
            Third(x.Zip(queryPositions, NaiveLayers.Add), 0), Third(keys, 1), Third(values, 2), Heads, Open(masks.ResizeTo(memory.Height, memory.Width)));
        x = [.. x.Select((q, i) => _layers.LayerNorm(NaiveLayers.Add(q, _layers.Linear(attended[i], prefix + ".cross_attn.out_proj")), prefix + ".cross_attn_layer_norm"))];

        var placed = x.Zip(queryPositions, NaiveLayers.Add).ToArray();
        attended = NaiveLayers.Attend(Linear(placed, "q_proj"), Linear(placed, "k_proj"), Linear(x, "v_proj"), Heads, null);
        x = [.. x.Zip(Linear(attended, "out_proj"), NaiveLayers.Add).Select(q => _layers.LayerNorm(q, prefix + ".self_attn_layer_norm"))];
        return [.. x.Select(q => _layers.FeedForward(q, prefix))];

        double[][] Linear(double[][] rows, string name) => [.. rows.Select(r => _layers.Linear(r, $"{prefix}.self_attn.{name}"))];

        double[][] Third(IEnumerable<double[]> rows, int third) => [.. rows.Select(r => NaiveLayers.Linear(
            r, weight.AsSpan(third * Width * Width, Width * Width), bias.AsSpan(third * Width, Width)))];
    }

    private bool[][] Open(Array3 masks) => [.. Enumerable.Range(0, masks.Channels).Select(q =>
    {
        var logits = masks.Values[(q * masks.Height * masks.Width)..((q + 1) * masks.Height * masks.Width)];
        NearestToZero = Math.Min(NearestToZero, logits.Min(Math.Abs));
        var open = logits.Select(l => l >= 0).ToArray();
        if (!open.Contains(true))
        {
            Opened++;
            Array.Fill(open, true);
        }

        return open;
    })];

    private Array3 PredictMasks(double[][] queries, Array3 features)
    {
        const string prefix = Module + "decoder.mask_predictor.mask_embedder.";
        var masks = new Array3(queries.Length, features.Height, features.Width);
        for (var q = 0; q < queries.Length; q++)
        {
            var hidden = _layers.LayerNorm(queries[q], Module + "decoder.layernorm");
            hidden = [.. _layers.Linear(hidden, prefix + "0.0").Select(v => Math.Max(v, 0))];
            hidden = [.. _layers.Linear(hidden, prefix + "1.0").Select(v => Math.Max(v, 0))];
            var embedding = _layers.Linear(hidden, prefix + "2.0");
            var pixels = features.Height * features.Width;
            for (var i = 0; i < pixels; i++)
            {
                for (var c = 0; c < embedding.Length; c++)
                {
                    masks.Values[(q * pixels) + i] += embedding[c] * features.Values[(c * pixels) + i];
                }
            }
        }

        return masks;
    }

    private double[][] Rows(string name) => [.. _layers.Weight(name).Chunk(Width).Select(r => r.Select(v => (double)v).ToArray())];

    private static Array3 Relu6(Array3 x)
    {
        for (var i = 0; i < x.Values.Length; i++)
        {
            x.Values[i] = Math.Clamp(x.Values[i], 0, 6);
        }

        return x;
    }
}
