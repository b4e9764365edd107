using System.Text.Json.Nodes;
using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Tests.Reference;

/// <summary>DETR and Deformable DETR for one image, in the order of Hugging Face's implementation: one query and one sample after the other.</summary>
internal sealed class NaiveDetector(SafetensorsCheckpoint checkpoint, JsonObject config)
{
    private const string Backbone = "model.backbone.conv_encoder.model";

    private readonly NaiveLayers _layers = new(checkpoint);
    private readonly bool _deformable = config["model_type"]!.GetValue<string>() == "deformable_detr";
    private readonly int _width = Number(config, "d_model");
    private (int Height, int Width)[] _sizes = [];
    private int _depth;

    /// <summary>[N, d]: what the encoder has made of the image so far.</summary>
    public double[][] Tokens { get; private set; } = [];

    public double[][] Positions { get; private set; } = [];

    /// <summary>Mean of the backbone's last level.</summary>
    public double[] Pooled { get; private set; } = [];

    public void Run(Array3 pixels)
    {
        var backbone = config["backbone_config"]!.AsObject();
        var resnet = ResNetConfig.Read(new ConfigKeys(backbone, "config.json"), [.. backbone["out_indices"]!.AsArray().Select(static index => index!.GetValue<int>())]);
        var features = new NaiveResNet(checkpoint, resnet, new ResNetKeys(Backbone, Timm: false)).Run(pixels);
        var levels = _deformable ? Levels(features) : [_layers.Conv(features[^1], "model.input_projection")];
        _sizes = [.. levels.Select(static level => (level.Height, level.Width))];
        Tokens = [.. levels.SelectMany(static level => level.Tokens())];
        Positions = [.. _sizes.SelectMany(PositionsOf)];
        var last = levels[_deformable && levels.Length > 1 ? 2 : 0].Tokens();
        Pooled = [.. Enumerable.Range(0, _width).Select(c => last.Average(token => token[c]))];
    }

    public void EncodeOneLayerMore()
    {
        var prefix = $"model.encoder.layers.{_depth++}";
        var placed = Rows(Tokens, Positions);
        var places = _sizes.SelectMany(static size => Enumerable.Range(0, size.Height * size.Width)
            .Select(i => (X: ((i % size.Width) + 0.5) / size.Width, Y: ((i / size.Width) + 0.5) / size.Height))).ToArray();
        var attended = _deformable
            ? Sample(prefix + ".self_attn", placed, places, Number(config, "encoder_attention_heads"), Number(config, "encoder_n_points"))
            : Attend(prefix + ".self_attn", placed, placed, Tokens, Number(config, "encoder_attention_heads"));
        var normed = Norm(Rows(Tokens, attended), prefix + ".self_attn_layer_norm");
        Tokens = [.. normed.Select(token => _layers.FeedForward(token, prefix))];
    }

    public (double[][] Logits, double[][] Boxes) Decode()
    {
        var embeddings = _layers.Weight("model.query_position_embeddings.weight");
        var rows = embeddings.Chunk(_deformable ? 2 * _width : _width).Select(static row => row.Select(static v => (double)v).ToArray()).ToArray();
        var position = rows.Select(row => row[.._width]).ToArray();
        var x = rows.Select(row => _deformable ? row[_width..] : new double[_width]).ToArray();
        var references = _deformable ? position.Select(Reference).ToArray() : [];
        for (var layer = 0; layer < Number(config, "decoder_layers"); layer++)
        {
            x = DecoderLayer($"model.decoder.layers.{layer}", x, position, references);
        }

        return _deformable
            ? ([.. x.Select(query => _layers.Linear(query, "class_embed.0"))], [.. x.Select((query, q) => Box(Mlp(query, "bbox_embed.0"), references[q]))])
            : Heads([.. x.Select(query => _layers.LayerNorm(query, "model.decoder.layernorm"))]);
    }

    private (double[][] Logits, double[][] Boxes) Heads(double[][] x) =>
        ([.. x.Select(query => _layers.Linear(query, "class_labels_classifier"))], [.. x.Select(query => Mlp(query, "bbox_predictor").Select(Sigmoid).ToArray())]);

    private double[][] DecoderLayer(string prefix, double[][] x, double[][] position, (double X, double Y)[] references)
    {
        var heads = Number(config, "decoder_attention_heads");
        var placed = Rows(x, position);
        x = Norm(Rows(x, Attend(prefix + ".self_attn", placed, placed, x, heads)), prefix + ".self_attn_layer_norm");
        placed = Rows(x, position);
        var attended = _deformable
            ? Sample(prefix + ".encoder_attn", placed, references, heads, Number(config, "decoder_n_points"))
            : Attend(prefix + ".encoder_attn", placed, Rows(Tokens, Positions), Tokens, heads);
        x = Norm(Rows(x, attended), prefix + ".encoder_attn_layer_norm");
        return [.. x.Select(query => _layers.FeedForward(query, prefix))];
    }

    private Array3[] Levels(Array3[] features)
    {
        var count = Number(config, "num_feature_levels");
        var sources = count == 1 ? [features[^1]] : features[1..];
        var levels = new List<Array3>();
        for (var level = 0; level < count; level++)
        {
            var prefix = $"model.input_proj.{level}";
            var projected = level < sources.Length
                ? _layers.Conv(sources[level], prefix + ".0")
                : _layers.Conv(level == sources.Length ? features[^1] : levels[^1], prefix + ".0", stride: 2);
            levels.Add(_layers.GroupNorm(projected, prefix + ".1"));
        }

        return [.. levels];
    }

    private IEnumerable<double[]> PositionsOf((int Height, int Width) size, int level)
    {
        var first = _deformable ? 0.5 : 1;
        for (var i = 0; i < size.Height * size.Width; i++)
        {
            var (row, column) = (((i / size.Width) + first) / (size.Height + 1e-6), ((i % size.Width) + first) / (size.Width + 1e-6));
            var embedding = new double[_width];
            for (var c = 0; c < _width; c++)
            {
                var (half, place) = (c % (_width / 2), c < _width / 2 ? row : column);
                var angle = place * 2 * Math.PI / Math.Pow(10000, 2 * (half / 2) / (_width / 2.0));
                embedding[c] = (half % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle)) + (_deformable ? _layers.Weight("model.level_embed")[(level * _width) + c] : 0);
            }

            yield return embedding;
        }
    }

    private double[][] Sample(string prefix, double[][] queries, (double X, double Y)[] places, int heads, int points)
    {
        var maps = NaiveMask2Former.Cut([.. Tokens.Select(token => _layers.Linear(token, prefix + ".value_proj"))], _sizes);
        return [.. queries.Select((query, q) => _layers.Linear(SampleOne(query, places[q]), prefix + ".output_proj"))];

        double[] SampleOne(double[] query, (double X, double Y) place)
        {
            var (offsets, logits) = (_layers.Linear(query, prefix + ".sampling_offsets"), _layers.Linear(query, prefix + ".attention_weights"));
            var (sum, perHead) = (new double[_width], maps.Length * points);
            for (var sample = 0; sample < heads * perHead; sample++)
            {
                var head = sample / perHead;
                var weight = NaiveLayers.Softmax(logits[(head * perHead)..((head + 1) * perHead)])[sample % perHead];
                var map = maps[sample % perHead / points];
                var x = ((place.X + (offsets[sample * 2] / map.Width)) * map.Width) - 0.5;
                var y = ((place.Y + (offsets[(sample * 2) + 1] / map.Height)) * map.Height) - 0.5;
                for (var c = head * _width / heads; c < (head + 1) * _width / heads; c++)
                {
                    sum[c] += weight * map.Bilinear(c, y, x);
                }
            }

            return sum;
        }
    }

    private double[][] Attend(string prefix, double[][] queries, double[][] keys, double[][] values, int heads)
    {
        var attended = NaiveLayers.Attend(Project(queries, ".q_proj"), Project(keys, ".k_proj"), Project(values, ".v_proj"), heads, null);
        return Project(attended, ".out_proj");

        double[][] Project(double[][] rows, string name) => [.. rows.Select(row => _layers.Linear(row, prefix + name))];
    }

    private (double X, double Y) Reference(double[] position)
    {
        var logits = _layers.Linear(position, "model.reference_points");
        return (Sigmoid(logits[0]), Sigmoid(logits[1]));
    }

    private static double[] Box(double[] change, (double X, double Y) reference) =>
        [Sigmoid(change[0] + InverseSigmoid(reference.X)), Sigmoid(change[1] + InverseSigmoid(reference.Y)), Sigmoid(change[2]), Sigmoid(change[3])];

    private double[] Mlp(double[] x, string prefix)
    {
        for (var layer = 0; layer < 2; layer++)
        {
            x = [.. _layers.Linear(x, $"{prefix}.layers.{layer}").Select(static v => Math.Max(v, 0))];
        }

        return _layers.Linear(x, prefix + ".layers.2");
    }

    private double[][] Norm(double[][] rows, string prefix) => [.. rows.Select(row => _layers.LayerNorm(row, prefix))];

    private static double[][] Rows(double[][] a, double[][] b) => [.. a.Zip(b, NaiveLayers.Add)];

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double InverseSigmoid(double x) => Math.Log(Math.Max(Math.Clamp(x, 0, 1), 1e-5) / Math.Max(1 - Math.Clamp(x, 0, 1), 1e-5));

    private static int Number(JsonObject config, string key) => config[key]!.GetValue<int>();
}
