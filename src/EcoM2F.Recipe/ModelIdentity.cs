using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe;

/// <summary>
/// Short hash of what decides a model's masks: its portable fp32 graphs other than gates (every model has them, and flavours and
/// precisions are meant to give the same numbers), its weights, those of adapters, pre- and post-processing, and its sizes where it has several.
/// Name, version, licence, card, gates and canary do not count, so a model with new gates is the same model.
/// </summary>
public static class ModelIdentity
{
    /// <summary>Hexadecimal digits: 48 bits tell apart any models that one person has.</summary>
    private const int Digits = 12;

    /// <summary>Without further sizes and decoder exits: what rows by exit are of, whether the model got those later or not.</summary>
    public static string OfOwnSize(ModelManifest model) =>
        Of(model with { Sizes = null, DecoderExits = null, Graphs = [.. model.Graphs.Where(static graph => graph.Stage != GraphStages.Decoder || graph.Exit is null)] });

    /// <param name="model">Its SHA-256 values are taken at their word: a folder is verified when it is loaded.</param>
    public static string Of(ModelManifest model)
    {
        var text = new StringBuilder();
        foreach (var graph in model.Graphs.Where(static graph => graph is { Flavour: "portable", Precision: "fp32" })
                     .OrderBy(static graph => graph.Stage, StringComparer.Ordinal).ThenBy(static graph => graph.Exit))
        {
            text.Append(CultureInfo.InvariantCulture, $"graph {graph.Stage} {graph.Exit} {model.Sha256[graph.File]}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"weights {model.Sha256[model.Weights]}\n");
        if (model.ExitAdapters is { } adapters)
        {
            text.Append(CultureInfo.InvariantCulture, $"adapters {model.Sha256[adapters.File]}\n");
        }

        var input = model.Preprocessing;
        text.Append(CultureInfo.InvariantCulture, $"input {input.ShortestEdge} {input.LongestEdge} {input.Height} {input.Width} {input.Divisor} ");
        text.Append(CultureInfo.InvariantCulture, $"{Join(input.Mean)} {Join(input.Std)}\n");
        var output = model.Postprocessing;
        text.Append(CultureInfo.InvariantCulture, $"output {output.Procedure} {output.ScoreThreshold:r} {output.MaskThreshold:r} {output.OverlapThreshold:r}\n");
        if (output.ClassThresholds is { Count: > 0 } thresholds)
        {
            text.Append(CultureInfo.InvariantCulture, $"classes {string.Join(',', thresholds.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key}:{entry.Value:r}")))}\n");
        }

        if (model.HasSizes)
        {
            text.Append(CultureInfo.InvariantCulture, $"sizes {string.Join(',', model.Sizes!.Select(static size => $"{size.ShortestEdge}:{size.LongestEdge}"))}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..Digits];
    }

    private static string Join(IEnumerable<float> values) => string.Join(',', values.Select(static value => value.ToString("r", CultureInfo.InvariantCulture)));
}
