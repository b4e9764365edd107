using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.TestSupport;

/// <summary>A detector's checkpoint out of <c>tests/fixtures</c>, in memory, to be altered and written.</summary>
public sealed partial class DetectorCheckpoint
{
    public const string Detr = "detr_resnet";
    public const string DeformableDetr = "deformable_detr_resnet";

    private const string ConfigFile = "config.json";

    private readonly Dictionary<string, (float[] Values, long[] Shape)> _tensors = new(StringComparer.Ordinal);

    private DetectorCheckpoint(string folder)
    {
        Config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, ConfigFile)))!.AsObject();
        using var file = SafetensorsFile.Open(Path.Combine(folder, SafetensorsCheckpoint.FileName));
        foreach (var tensor in file.Tensors)
        {
            _tensors.Add(tensor.Name, (file.Floats(tensor.Name), [.. tensor.Shape]));
        }
    }

    public JsonObject Config { get; }

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <param name="fixture"><see cref="Detr"/> or <see cref="DeformableDetr"/>.</param>
    public static DetectorCheckpoint Load(string fixture) => new(FolderOf(fixture));

    public static string FolderOf(string fixture) => Path.Combine(RepositoryPaths.Fixtures, fixture);

    public static string ExpectedOf(string fixture) => Path.Combine(FolderOf(fixture), "expected.safetensors");

    public long[] Shape(string name) => _tensors[name].Shape;

    public void Remove(string name) => _tensors.Remove(name);

    public void Copy(string from, string to) => _tensors[to] = _tensors[from];

    /// <summary>A tensor of random numbers between -scale and scale, in place of one that may be there.</summary>
    public void Randomize(string name, float scale, params long[] shape)
    {
        var random = new Random(name.Length + (int)shape.Sum());
        _tensors[name] = ([.. Enumerable.Range(0, (int)shape.Aggregate(1L, static (a, b) => a * b)).Select(_ => ((2 * random.NextSingle()) - 1) * scale)], shape);
    }

    /// <summary>The backbone's keys as timm has them, and with them every published DETR checkpoint.</summary>
    /// <param name="wrapper">Between the backbone's prefix and timm's names.</param>
    public void RenameBackboneToTimm(string wrapper = "")
    {
        const string prefix = "model.backbone.conv_encoder.model.";
        foreach (var name in _tensors.Keys.Where(static name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList())
        {
            var tail = name[prefix.Length..].Replace("embedder.embedder.convolution", "conv1", StringComparison.Ordinal)
                .Replace("embedder.embedder.normalization", "bn1", StringComparison.Ordinal)
                .Replace("shortcut.convolution", "downsample.0", StringComparison.Ordinal)
                .Replace("shortcut.normalization", "downsample.1", StringComparison.Ordinal);
            tail = Block().Replace(tail, static match => $"layer{Next(match, "stage")}.{match.Groups["block"].Value}.");
            tail = Layer().Replace(tail, static match => $"{(match.Groups["kind"].Value == "convolution" ? "conv" : "bn")}{Next(match, "layer")}");
            _tensors.Remove(name, out var tensor);
            _tensors.Add(prefix + wrapper + tail, tensor);
        }

        static int Next(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) + 1;
    }

    /// <summary>Another number of levels and points, with random weights where that changes shapes.</summary>
    public void ChangeLevels(int levels, int encoderPoints, int decoderPoints)
    {
        const int width = 32, heads = 4;
        (Config["num_feature_levels"], Config["encoder_n_points"], Config["decoder_n_points"]) = (levels, encoderPoints, decoderPoints);
        foreach (var weight in _tensors.Keys.Where(static name => name.EndsWith(".sampling_offsets.weight", StringComparison.Ordinal)).ToList())
        {
            var prefix = weight[..weight.LastIndexOf(".sampling_offsets", StringComparison.Ordinal)];
            var samples = heads * levels * (prefix.Contains(".encoder.", StringComparison.Ordinal) ? encoderPoints : decoderPoints);
            Randomize(prefix + ".sampling_offsets.weight", 0.2f, samples * 2, width);
            Randomize(prefix + ".sampling_offsets.bias", 2, samples * 2);
            Randomize(prefix + ".attention_weights.weight", 0.3f, samples, width);
            Randomize(prefix + ".attention_weights.bias", 0.3f, samples);
        }

        foreach (var name in _tensors.Keys.Where(static name => name.StartsWith("model.input_proj.", StringComparison.Ordinal)).ToList())
        {
            _tensors.Remove(name);
        }

        int[] channels = levels == 1 ? [96] : [48, 64, 96];
        for (var level = 0; level < levels; level++)
        {
            var inputs = level < channels.Length ? channels[level] : level == channels.Length ? channels[^1] : width;
            var kernel = level < channels.Length ? 1 : 3;
            Randomize($"model.input_proj.{level}.0.weight", 0.3f, width, inputs, kernel, kernel);
            Randomize($"model.input_proj.{level}.0.bias", 0.3f, width);
            Randomize($"model.input_proj.{level}.1.weight", 1, width);
            Randomize($"model.input_proj.{level}.1.bias", 0.3f, width);
        }

        Randomize("model.level_embed", 0.5f, levels, width);
        var backbone = Config["backbone_config"]!.AsObject();
        backbone["out_features"] = new JsonArray([.. (levels == 1 ? ["stage4"] : (string[])["stage2", "stage3", "stage4"]).Select(static stage => (JsonNode)stage)]);
        backbone["out_indices"] = new JsonArray([.. (levels == 1 ? [4] : (int[])[2, 3, 4]).Select(static index => (JsonNode)index)]);
    }

    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, ConfigFile), Config.ToJsonString());
        var writer = new SafetensorsWriter();
        foreach (var (name, (values, shape)) in _tensors)
        {
            writer.Add(name, values, shape);
        }

        writer.Write(Path.Combine(folder, SafetensorsCheckpoint.FileName));
    }

    [GeneratedRegex(@"encoder\.stages\.(?<stage>\d)\.layers\.(?<block>\d)\.")]
    private static partial Regex Block();

    [GeneratedRegex(@"layer\.(?<layer>\d)\.(?<kind>convolution|normalization)")]
    private static partial Regex Layer();
}
