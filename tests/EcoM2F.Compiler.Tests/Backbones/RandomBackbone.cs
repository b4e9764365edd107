using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Backbones.Swin;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Backbones;

/// <summary>Checkpoints that hold nothing but a backbone with random weights.</summary>
internal static class RandomBackbone
{
    public const string Prefix = "backbone";

    public static void Write(string folder, SwinConfig config, int seed)
    {
        var t = new RandomTensors(new Random(seed));
        t.Conv(Prefix + ".embeddings.patch_embeddings.projection", config.EmbedDim, 3, 4);
        t.Norm(Prefix + ".embeddings.norm", config.EmbedDim);
        for (var stage = 0; stage < 4; stage++)
        {
            var (width, name) = (config.Channels[stage], $"{Prefix}.encoder.layers.{stage}");
            for (var block = 0; block < config.Depths[stage]; block++)
            {
                SwinBlock(t, $"{name}.blocks.{block}.", config, stage);
            }

            if (stage < 3)
            {
                t.Norm(name + ".downsample.norm", 4 * width);
                t.Uniform(name + ".downsample.reduction.weight", 0.3f, 2 * width, 4 * width);
            }

            t.Norm($"{Prefix}.hidden_states_norms.stage{stage + 1}", width);
        }

        t.Writer.Write(Path.Combine(folder, SafetensorsCheckpoint.FileName));
    }

    public static void Write(string folder, ResNetConfig config, bool timm, int seed)
    {
        var random = new Random(seed);
        var t = new RandomTensors(random);
        var keys = new ResNetKeys(Prefix, timm);
        ConvNorm(t, keys.Embedder, config.EmbeddingSize, 3, 7);
        var inputs = config.EmbeddingSize;
        for (var stage = 0; stage < 4; stage++)
        {
            for (var block = 0; block < config.Depths[stage]; block++)
            {
                var outputs = config.HiddenSizes[stage];
                (int Outputs, int Inputs, int Kernel)[] layers = config.Bottleneck
                    ? [(outputs / 4, inputs, 1), (outputs / 4, outputs / 4, 3), (outputs, outputs / 4, 1)]
                    : [(outputs, inputs, 3), (outputs, outputs, 3)];
                for (var i = 0; i < layers.Length; i++)
                {
                    ConvNorm(t, keys.Layer(stage, block, i), layers[i].Outputs, layers[i].Inputs, layers[i].Kernel);
                }

                if (inputs != outputs || (block == 0 && (stage > 0 || config.DownsampleInFirstStage)))
                {
                    ConvNorm(t, keys.Shortcut(stage, block), outputs, inputs, 1);
                }

                inputs = outputs;
            }
        }

        t.Writer.Write(Path.Combine(folder, SafetensorsCheckpoint.FileName));
    }

    /// <summary>Five blocks of 4 to 12 channels, all but the first with an expansion; it has one that changes nothing where asked to.</summary>
    public static void WriteMobileNetV2(string folder, bool identity, int seed)
    {
        const string prefix = Prefix + ".";
        var t = new RandomTensors(new Random(seed));
        t.Conv(prefix + "stem", 4, 3, 3);
        var inputs = 4;
        for (var block = 0; block < 5; block++)
        {
            var (name, inner, outputs) = ($"{prefix}blocks.{block}.", block == 0 ? inputs : 2 * inputs, 4 + (2 * block));
            if (block > 0)
            {
                t.Conv(name + "expand", inner, inputs, 1);
            }

            t.Conv(name + "depthwise", inner, 1, 3);
            t.Conv(name + "project", outputs, inner, 1);
            inputs = outputs;
        }

        if (identity)
        {
            t.Writer.Add(prefix + "blocks.0.expand.weight", [.. Enumerable.Range(0, 16).Select(static i => i % 5 == 0 ? 1f : 0f)], 4, 4, 1, 1);
            t.Writer.Add(prefix + "blocks.0.expand.bias", new float[4], 4);
        }

        t.Writer.Write(Path.Combine(folder, SafetensorsCheckpoint.FileName));
    }

    private static void SwinBlock(RandomTensors t, string name, SwinConfig config, int stage)
    {
        var width = config.Channels[stage];
        var distances = (2 * config.WindowSize) - 1;
        t.Norm(name + "layernorm_before", width);
        t.Norm(name + "layernorm_after", width);
        t.Uniform(name + "attention.self.relative_position_bias_table", 2f, distances * distances, config.Heads[stage]);
        foreach (var part in new[] { "query", "key", "value" })
        {
            t.Uniform($"{name}attention.self.{part}.weight", 0.5f, width, width);
            if (config.QkvBias)
            {
                t.Uniform($"{name}attention.self.{part}.bias", 1f, width); // padded places attend with these alone
            }
        }

        t.Linear(name + "attention.output.dense", width, width);
        t.Linear(name + "intermediate.dense", (int)(config.MlpRatio * width), width);
        t.Linear(name + "output.dense", width, (int)(config.MlpRatio * width));
    }

    private static void ConvNorm(RandomTensors t, (string Conv, string Norm) keys, int outputs, int inputs, int kernel)
    {
        t.Conv(keys.Conv, outputs, inputs, kernel, bias: false);
        t.Norm(keys.Norm, outputs);
        t.Uniform(keys.Norm + ".running_mean", 0.3f, outputs);
        t.Writer.Add(keys.Norm + ".running_var", [.. Enumerable.Range(0, outputs).Select(i => 0.5f + (i % 7 * 0.3f))], outputs);
    }
}
