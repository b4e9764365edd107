using System.Globalization;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Reads policies as the command line has them. Every error names the policy and what is allowed.</summary>
public static class PolicyParser
{
    private static readonly string[] Forms = ["static:K", "static:SIZE/K", "static:SIZE/K/D", "gate:PROFILE", "utility:BETA", "depth-only:BETA", "size-only:BETA", "oracle:BETA", "random", "random:PROFILE", "mirror:BETA", "saturation:C"];

    private static readonly double[] UtilityBetas = [0.1, 0.3, 1, 2];

    private static readonly double[] OracleBetas = [0, 0.3, 1];

    private static readonly double[] Similarities = [0.7, 0.9, 0.98];

    /// <summary>All that a model can do, but for what needs a second run of every image.</summary>
    public static IReadOnlyList<Policy> Defaults(ModelManifest model)
    {
        var classifiers = Classifiers(model);
        return
        [
            .. Statics(model),
            .. classifiers.Select(static profile => new Policy(PolicyKind.Gate, profile)),
            .. HasUtility(model) ? UtilityBetas.Select(static beta => new Policy(PolicyKind.Utility, Number: beta)) : [],
            .. ChoosesSizes(model) ? UtilityBetas.Select(static beta => new Policy(PolicyKind.DepthOnly, Number: beta)) : [],
            .. ChoosesSizes(model) ? UtilityBetas.Select(static beta => new Policy(PolicyKind.SizeOnly, Number: beta)) : [],
            .. OracleBetas.Select(static beta => new Policy(PolicyKind.Oracle, Number: beta)),
            .. classifiers.Length > 0 ? [new Policy(PolicyKind.Random, model.Gates!.Default)] : Array.Empty<Policy>(),
            .. Similarities.Select(static similarity => new Policy(PolicyKind.Saturation, Number: similarity)),
        ];
    }

    /// <summary>Every point of a model, in their order; the depths alone where that is all there is to choose.</summary>
    internal static IReadOnlyList<Policy> Statics(ModelManifest model) =>
        [.. model.Points.Select(point => new Policy(PolicyKind.Static, Number: point.Depth, Size: model.HasPoints ? point.Size : null, DecoderDepth: point.DecoderDepth == model.MaxDecoderDepth ? null : point.DecoderDepth))];

    /// <param name="text">Comma list.</param>
    /// <param name="model">Null: not known yet, so that only words and ranges are checked.</param>
    /// <exception cref="RecipeException">A word that is not a policy, occurs twice, or that the model does not have.</exception>
    public static IReadOnlyList<Policy> Parse(string text, ModelManifest? model)
    {
        var policies = new List<Policy>();
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var policy = ParseOne(word, model);
            policies.Add(!policies.Contains(policy) ? policy : throw new RecipeException($"--policy: '{word}' occurs twice."));
        }

        return policies.Count > 0 ? policies : throw new RecipeException($"--policy is empty; allowed are {string.Join(", ", Forms)}.");
    }

    private static Policy ParseOne(string word, ModelManifest? model)
    {
        var unguarded = word.EndsWith(Policy.UnguardedSuffix, StringComparison.Ordinal) && (word.StartsWith("gate:", StringComparison.Ordinal) || word.StartsWith("utility:", StringComparison.Ordinal));
        var parts = (unguarded ? word[..^Policy.UnguardedSuffix.Length] : word).Split(':', 2);
        return (parts[0], parts.ElementAtOrDefault(1)) switch
        {
            ("static", { } point) => Static(word, point, model),
            ("gate", { } profile) => new Policy(PolicyKind.Gate, Profile(word, profile, model), Unguarded: unguarded),
            ("random", var profile) => new Policy(PolicyKind.Random, Profile(word, profile ?? DefaultProfile(word, model), model)),
            ("utility", { } beta) => new Policy(PolicyKind.Utility, Number: Price(word, beta, model, sizes: false), Unguarded: unguarded),
            ("depth-only", { } beta) => new Policy(PolicyKind.DepthOnly, Number: Price(word, beta, model, sizes: true)),
            ("size-only", { } beta) => new Policy(PolicyKind.SizeOnly, Number: Price(word, beta, model, sizes: true)),
            ("oracle", { } beta) => new Policy(PolicyKind.Oracle, Number: Beta(word, beta)),
            ("mirror", { } beta) => new Policy(PolicyKind.Mirror, Number: Beta(word, beta)),
            ("saturation", { } similarity) => new Policy(PolicyKind.Saturation, Number: Range(word, similarity, -1, 1)),
            _ => throw Error(word, $"allowed are {string.Join(", ", Forms)}"),
        };
    }

    /// <summary>A price that the model's utility gate is asked for.</summary>
    private static double Price(string word, string text, ModelManifest? model, bool sizes)
    {
        if (model is not null && !HasUtility(model))
        {
            throw Error(word, $"model '{model.Name}' has no utility gate");
        }

        return model is null || !sizes || ChoosesSizes(model) ? Beta(word, text) : throw Error(word, $"the utility gate of model '{model.Name}' does not choose sizes");
    }

    private static double Beta(string word, string text) => Range(word, text, ComputeBudget.MinBeta, ComputeBudget.MaxBeta);

    private static Policy Static(string word, string text, ModelManifest? model)
    {
        var parts = text.Split('/', 3);
        if (parts is not [var edge, var depth, ..])
        {
            return new Policy(PolicyKind.Static, Number: Exit(word, text, model));
        }

        var size = int.TryParse(edge, NumberStyles.None, CultureInfo.InvariantCulture, out var pixels) ? pixels : throw Error(word, "a size is a whole number of pixels");
        return model is null || model.ShortestEdges.Contains(size)
            ? new Policy(PolicyKind.Static, Number: Exit(word, depth, model), Size: size, DecoderDepth: parts.Length == 3 ? DecoderExit(word, parts[2], model) : null)
            : throw Error(word, $"model '{model.Name}' has no such size; allowed are {string.Join(", ", model.ShortestEdges)}");
    }

    private static int DecoderExit(string word, string text, ModelManifest? model)
    {
        var exit = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var layers) ? layers : throw Error(word, "a decoder depth is a whole number");
        return model is null || model.DecoderExits?.Contains(exit) == true ? exit
            : throw Error(word, model.DecoderExits is { } known ? $"model '{model.Name}' has no such decoder exit; allowed are {string.Join(", ", known)}" : $"model '{model.Name}' has no decoder exits");
    }

    private static double Exit(string word, string text, ModelManifest? model)
    {
        var exit = Range(word, text, 1, int.MaxValue);
        if (exit != Math.Floor(exit))
        {
            throw Error(word, "a depth is a whole number");
        }

        return model is null || model.Exits.Contains((int)exit) ? exit : throw Error(word, $"model '{model.Name}' has no such exit; allowed are {string.Join(", ", model.Exits)}");
    }

    private static string Profile(string word, string profile, ModelManifest? model) =>
        model is null || Classifiers(model).Contains(profile)
            ? profile
            : throw Error(word, Classifiers(model) is { Length: > 0 } known
                ? $"model '{model.Name}' has no such classifier; allowed are {string.Join(", ", known)}{(HasUtility(model) ? ", and utility:BETA for its utility gate" : "")}"
                : $"model '{model.Name}' has no gates");

    private static string DefaultProfile(string word, ModelManifest? model) =>
        model is null ? "" : model.Gates?.Default ?? throw Error(word, $"model '{model.Name}' has no gates");

    private static double Range(string word, string text, double least, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw Error(word, string.Create(CultureInfo.InvariantCulture, $"allowed after the colon are {(most == int.MaxValue ? "exits" : $"numbers from {least} to {most}")}"));

    private static string[] Classifiers(ModelManifest model) =>
        [.. model.Gates?.Profiles.Where(static profile => profile.Value.Kind == GateProfile.Classifier).Select(static profile => profile.Key).Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()];

    private static bool HasUtility(ModelManifest model) => model.Gates?.Profiles.Values.Any(static profile => profile.Kind == GateProfile.Utility) == true;

    private static bool ChoosesSizes(ModelManifest model) => model.Gates?.Profiles.Values.Any(static profile => profile is { Kind: GateProfile.Utility, Points: not null }) == true;

    private static RecipeException Error(string word, string allowed) => new($"--policy: '{word}': {allowed}.");
}
