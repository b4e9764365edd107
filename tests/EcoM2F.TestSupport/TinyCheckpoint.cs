using System.Globalization;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.TestSupport;

/// <summary>
/// A checkpoint folder with random weights: the whole network, every part small (64 channels, 12 queries, 6 blocks of
/// MobileNetV2, under 2 MB). Widths are 64 and not 32, for with one channel per group GroupNorm would make what gates read the
/// same for every image. The same seed gives the same bytes.
/// </summary>
public static class TinyCheckpoint
{
    public const int Width = 64;
    public const int Queries = 12;
    public const int Heads = 8;
    public const int DecoderLayers = 4; // as Hugging Face counts: 3 of masked attention, one for each level

    /// <summary>Channels after each backbone block; the input of block 0 has <see cref="StemChannels"/>.</summary>
    public static IReadOnlyList<int> BlockChannels { get; } = [8, 8, 12, 12, 16, 24];

    public const int StemChannels = 8;

    private const int Feedforward = 96;
    private const int Labels = 4;
    private const int Samples = Heads * 3 * 4;

    /// <param name="folder">Made if absent.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="exits">Encoder layers.</param>
    /// <param name="gates">Whether it has gates: fast, balanced, best and utility.</param>
    public static void Write(string folder, int seed = 1, int exits = 3, bool gates = true) =>
        Write(folder, new TinyNetwork { Seed = seed, Exits = exits, Gates = gates });

    /// <param name="folder">Made if absent.</param>
    /// <param name="network">What it is to have.</param>
    public static void Write(string folder, TinyNetwork network)
    {
        var (exits, gates) = (network.Exits, network.Gates);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), TinyCheckpointFiles.Config(network));
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), TinyCheckpointFiles.Preprocessor(network));
        File.WriteAllText(Path.Combine(folder, "ecom2f.json"), TinyCheckpointFiles.EcoM2F(network));
        var random = new Random(network.Seed);
        var tensors = new RandomTensors(random);
        Backbone(tensors);
        PixelDecoder(tensors, exits);
        TransformerDecoder(tensors, network.DecoderLayers);
        tensors.Writer.Write(Path.Combine(folder, SafetensorsCheckpoint.FileName));
        if (gates)
        {
            Gates(random, exits).Write(Path.Combine(folder, "gates.safetensors"));
        }
    }

    private static void Backbone(RandomTensors t)
    {
        const string prefix = "model.pixel_level_module.encoder.";
        t.Conv(prefix + "stem", StemChannels, 3, 3);
        var inputs = StemChannels;
        for (var block = 0; block < BlockChannels.Count; block++)
        {
            var name = prefix + "blocks." + Text(block);
            var inner = block == 0 ? inputs : inputs * 2;
            if (block > 0)
            {
                t.Conv(name + ".expand", inner, inputs, 1);
            }

            t.Conv(name + ".depthwise", inner, 1, 3);
            t.Conv(name + ".project", BlockChannels[block], inner, 1);
            inputs = BlockChannels[block];
        }
    }

    private static void PixelDecoder(RandomTensors t, int exits)
    {
        const string prefix = "model.pixel_level_module.decoder.";
        int[] channels = [24, 16, 12];
        for (var level = 0; level < 3; level++)
        {
            t.Conv($"{prefix}input_projections.{Text(level)}.0", Width, channels[level], 1);
            t.Norm($"{prefix}input_projections.{Text(level)}.1", Width);
        }

        t.Uniform(prefix + "level_embed", 0.5f, 3, Width);
        for (var layer = 0; layer < exits; layer++)
        {
            var name = prefix + "encoder.layers." + Text(layer);
            t.Linear(name + ".self_attn.sampling_offsets", Samples * 2, Width, biasScale: 3); // pixels: also outside the map
            t.Linear(name + ".self_attn.attention_weights", Samples, Width);
            t.Linear(name + ".self_attn.value_proj", Width, Width);
            t.Linear(name + ".self_attn.output_proj", Width, Width);
            t.Norm(name + ".self_attn_layer_norm", Width);
            t.Linear(name + ".fc1", Feedforward, Width);
            t.Linear(name + ".fc2", Width, Feedforward);
            t.Norm(name + ".final_layer_norm", Width);
        }

        t.Conv(prefix + "adapter_1.0", Width, 8, 1, bias: false);
        t.Norm(prefix + "adapter_1.1", Width);
        t.Conv(prefix + "layer_1.0", Width, Width, 3, bias: false);
        t.Norm(prefix + "layer_1.1", Width);
        t.Conv(prefix + "mask_projection", Width, Width, 1);
    }

    private static void TransformerDecoder(RandomTensors t, int layers)
    {
        const string prefix = "model.transformer_module.";
        t.Uniform(prefix + "queries_embedder.weight", 1f, Queries, Width);
        t.Uniform(prefix + "queries_features.weight", 1f, Queries, Width);
        t.Uniform(prefix + "level_embed.weight", 0.5f, 3, Width);
        for (var layer = 0; layer < layers - 1; layer++)
        {
            var name = prefix + "decoder.layers." + Text(layer);
            t.Uniform(name + ".cross_attn.in_proj_weight", 0.2f, 3 * Width, Width);
            t.Uniform(name + ".cross_attn.in_proj_bias", 0.1f, 3 * Width);
            t.Linear(name + ".cross_attn.out_proj", Width, Width);
            foreach (var part in new[] { "q_proj", "k_proj", "v_proj", "out_proj" })
            {
                t.Linear($"{name}.self_attn.{part}", Width, Width);
            }

            foreach (var norm in new[] { "cross_attn_layer_norm", "self_attn_layer_norm", "final_layer_norm" })
            {
                t.Norm($"{name}.{norm}", Width);
            }

            t.Linear(name + ".fc1", Feedforward, Width);
            t.Linear(name + ".fc2", Width, Feedforward);
        }

        t.Norm(prefix + "decoder.layernorm", Width);
        for (var layer = 0; layer < 3; layer++)
        {
            t.Linear($"{prefix}decoder.mask_predictor.mask_embedder.{Text(layer)}.0", Width, Width);
        }

        t.Uniform("class_predictor.weight", 0.6f, Labels + 1, Width); // logits that differ by several units
        t.Uniform("class_predictor.bias", 0.1f, Labels + 1);
    }

    private static SafetensorsWriter Gates(Random random, int exits)
    {
        var tensors = new RandomTensors(random);
        foreach (var profile in new[] { "fast", "balanced", "best" })
        {
            tensors.Uniform($"gate.{profile}.weight", 2f, exits, Width);
            tensors.Uniform($"gate.{profile}.bias", 0.1f, exits);
        }

        tensors.Uniform("gate.utility.weight", 0.02f, exits, Width);
        tensors.Writer.Add("gate.utility.bias", [.. Enumerable.Range(1, exits).Select(k => 0.3f + (0.02f * k))], exits);
        return tensors.Writer;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
