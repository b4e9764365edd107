using System.Globalization;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Requests;

/// <summary>
/// Parses a request's parameters: the query string of <c>/v1/segment</c>, or the options of a command line. Strict: unknown, repeated and
/// invalid parameters are refused, and so is a parameter that no requested task uses.
/// </summary>
public static class RequestParameters
{
    public const string Task = "task";
    public const string Model = "model";
    public const string ScoreThreshold = "score-threshold";
    public const string MaskThreshold = "mask-threshold";
    public const string OverlapThreshold = "overlap-threshold";
    public const string Procedure = "procedure";
    public const string Classes = "classes";
    public const string MinArea = "min-area";
    public const string FillHoles = "fill-holes";
    public const string MaskSize = "mask-size";
    public const string Confidence = "confidence";
    public const string Segmentation = "segmentation";
    public const string Tolerance = "tolerance";

    /// <summary>Of <see cref="MaskSize"/>: see <see cref="Postprocessing.MaskSize.Original"/>.</summary>
    public const string OriginalSize = "original";

    /// <summary>Of <see cref="MaskSize"/>: see <see cref="Postprocessing.MaskSize.Model"/>.</summary>
    public const string ModelSize = "model";

    /// <summary>Of <see cref="Confidence"/>; the other is <c>false</c>.</summary>
    public const string True = "true";

    /// <summary>Of <see cref="Segmentation"/>: COCO's compressed run lengths.</summary>
    public const string Rle = "rle";

    /// <summary>Of <see cref="Segmentation"/>: see <see cref="MaskPolygons"/>.</summary>
    public const string Polygon = "polygon";

    /// <summary>Pixels of the largest image that is decoded.</summary>
    public const int MostPixels = 100_000_000;

    private const string False = "false";

    private const string Threshold = "a number from 0 to 1";

    private const SegmentationTasks Masks = SegmentationTasks.Panoptic | SegmentationTasks.Instance | SegmentationTasks.Semantic;

    /// <summary>The tasks that use a parameter; a parameter that is not listed is used by every task.</summary>
    private static readonly Dictionary<string, SegmentationTasks> Uses = new(StringComparer.Ordinal)
    {
        [ScoreThreshold] = SegmentationTasks.Panoptic | SegmentationTasks.Instance | SegmentationTasks.Detection,
        [MaskThreshold] = SegmentationTasks.Panoptic | SegmentationTasks.Instance,
        [OverlapThreshold] = SegmentationTasks.Panoptic,
        [Procedure] = Masks,
        [MinArea] = Masks,
        [FillHoles] = Masks,
        [MaskSize] = Masks,
        [Confidence] = SegmentationTasks.Panoptic | SegmentationTasks.Semantic,
        [Segmentation] = Masks,
        [Tolerance] = Masks,
    };

    /// <summary>Every parameter and its allowed values, worded for error messages and the API description.</summary>
    public static IReadOnlyDictionary<string, string> Allowed { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Task] = $"a comma-separated list of the model's tasks: {string.Join(", ", TaskNames.All)}",
        [Model] = "the name of a loaded model",
        [ScoreThreshold] = $"{Threshold}, for {Users(ScoreThreshold)}",
        [MaskThreshold] = $"{Threshold}, for {Users(MaskThreshold)}",
        [OverlapThreshold] = $"{Threshold}, for {Users(OverlapThreshold)}",
        [Procedure] = $"one of meta, hf, for {Users(Procedure)}",
        [Classes] = "a comma-separated list of the model's class names",
        [MinArea] = $"a whole number of pixels from 0 to {MostPixels}, below which a part of a mask is left out, for {Users(MinArea)}",
        [FillHoles] = $"a whole number of pixels from 0 to {MostPixels}, up to which a hole of a mask is filled, for {Users(FillHoles)}",
        [MaskSize] = $"{OriginalSize}, {ModelSize} (the size at which the model makes masks) or a whole number of pixels from {Postprocessing.MaskSize.LeastEdge} to {MostPixels} for the longest edge of masks, for {Users(MaskSize)}",
        [Confidence] = $"{True} or {False}: whether a PNG of what each pixel's winner reached is added, for {Users(Confidence)}",
        [Segmentation] = $"one of {Rle}, {Polygon}, for {Users(Segmentation)}",
        [Tolerance] = string.Create(CultureInfo.InvariantCulture, $"a number of pixels from 0 to {MaskPolygons.MaxTolerance}, beside {Segmentation}={Polygon}"),
    };

    public static string AllowedNames { get; } = string.Join(", ", Allowed.Keys);

    /// <summary>Reads the model's name alone, before the other parameters are checked against that model; null: the default model.</summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadRequest"/>.</exception>
    public static string? ReadModel(IReadOnlyDictionary<string, IReadOnlyList<string?>> given) => Single(given, Model);

    /// <summary>Parses and checks all parameters; those not given have the model's defaults.</summary>
    /// <param name="given">The given parameters and all their values.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadRequest"/>, naming the parameter and what is allowed.</exception>
    public static PostprocessingParameters Read(IReadOnlyDictionary<string, IReadOnlyList<string?>> given, ModelManifest model)
    {
        if (given.Keys.FirstOrDefault(static name => !Allowed.ContainsKey(name)) is { } unknown)
        {
            var shown = ComputeBudgetParser.Shorten(unknown);
            throw new SegmentationException(SegmentationError.BadRequest, $"The parameter '{shown}' does not exist; the parameters are {AllowedNames}.", shown);
        }

        var tasks = ReadTasks(List(given, Task), model);
        var parameters = PostprocessingParameters.For(model, tasks);
        parameters = parameters with
        {
            Procedure = ReadProcedure(given) ?? parameters.Procedure,
            MaskThreshold = ReadThreshold(given, MaskThreshold) ?? parameters.MaskThreshold,
            OverlapThreshold = ReadThreshold(given, OverlapThreshold) ?? parameters.OverlapThreshold,
            KeptClasses = ReadClasses(List(given, Classes), model),
            MinArea = ReadPixels(given, MinArea),
            FillHoles = ReadPixels(given, FillHoles),
            MaskSize = ReadMaskSize(given),
            Confidence = ReadFlag(given, Confidence),
            PolygonTolerance = ReadPolygonTolerance(given),
        };
        if (ReadThreshold(given, ScoreThreshold) is { } score)
        {
            parameters = parameters with { ScoreThreshold = score, InstanceScoreThreshold = score, ClassThresholds = null };
        }

        RequireUse(given, tasks);
        return parameters;
    }

    /// <summary>The requested tasks; if none is named, the model's default.</summary>
    /// <param name="names">Null: none was named.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadRequest"/>: the model does not support one of them.</exception>
    internal static SegmentationTasks ReadTasks(IReadOnlyList<string>? names, ModelManifest model)
    {
        if (names is null)
        {
            return TaskNames.DefaultOf(model);
        }

        return names.Aggregate(SegmentationTasks.None, (tasks, name) => model.Tasks.Contains(name)
            ? tasks | TaskNames.Parse(name)
            : throw Bad(Task, $"has '{ComputeBudgetParser.Shorten(name)}', which model '{model.Name}' does not support; it supports {string.Join(", ", model.Tasks)}"));
    }

    /// <summary>Whether any of these tasks uses the parameter.</summary>
    public static bool IsUsedBy(string name, SegmentationTasks tasks) => (Uses.GetValueOrDefault(name, tasks) & tasks) != SegmentationTasks.None;

    private static void RequireUse(IReadOnlyDictionary<string, IReadOnlyList<string?>> given, SegmentationTasks tasks)
    {
        foreach (var name in Uses.Keys.Where(given.ContainsKey))
        {
            if (!IsUsedBy(name, tasks))
            {
                throw Bad(name, $"has no effect on {string.Join(" and ", tasks.ToNames())}; it applies to {Users(name)}");
            }
        }
    }

    private static string Users(string name) => string.Join(", ", Uses[name].ToNames());

    private static string? ReadProcedure(IReadOnlyDictionary<string, IReadOnlyList<string?>> given) =>
        Single(given, Procedure) is var text && text is null or PostprocessingSettings.Meta or PostprocessingSettings.HuggingFace ? text : throw Bad(Procedure);

    private static float? ReadThreshold(IReadOnlyDictionary<string, IReadOnlyList<string?>> given, string name)
    {
        if (Single(given, name) is not { } text)
        {
            return null;
        }

        return float.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && value is >= 0 and <= 1
                ? value
                : throw Bad(name);
    }

    private static int ReadPixels(IReadOnlyDictionary<string, IReadOnlyList<string?>> given, string name) =>
        Single(given, name) is not { } text ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= MostPixels ? value
        : throw Bad(name);

    private static bool ReadFlag(IReadOnlyDictionary<string, IReadOnlyList<string?>> given, string name) => Single(given, name) switch
    {
        null or False => false,
        True => true,
        _ => throw Bad(name),
    };

    private static MaskSize ReadMaskSize(IReadOnlyDictionary<string, IReadOnlyList<string?>> given) => Single(given, MaskSize) switch
    {
        null or OriginalSize => Postprocessing.MaskSize.Original,
        ModelSize => Postprocessing.MaskSize.Model,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var edge) && edge is >= Postprocessing.MaskSize.LeastEdge and <= MostPixels => Postprocessing.MaskSize.LongestEdge(edge),
        _ => throw Bad(MaskSize),
    };

    /// <returns>Null where masks are to be run lengths.</returns>
    private static double? ReadPolygonTolerance(IReadOnlyDictionary<string, IReadOnlyList<string?>> given)
    {
        var (form, tolerance) = (Single(given, Segmentation), Single(given, Tolerance));
        if (form is not (null or Rle or Polygon))
        {
            throw Bad(Segmentation);
        }

        if (form != Polygon)
        {
            return tolerance is null ? null : throw Bad(Tolerance, $"has an effect only beside {Segmentation}={Polygon}");
        }

        return tolerance is null ? MaskPolygons.DefaultTolerance
            : double.TryParse(tolerance, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= MaskPolygons.MaxTolerance ? value
            : throw Bad(Tolerance);
    }

    /// <summary>One name may stand for several labels: COCO's 91 labels have eleven named N/A.</summary>
    private static HashSet<int>? ReadClasses(string[]? names, ModelManifest model)
    {
        if (names is null)
        {
            return null;
        }

        var labels = new HashSet<int>();
        foreach (var name in names)
        {
            var known = model.Classes.Where(known => known.Name == name).Select(static known => known.Id).ToList();
            if (known.Count == 0)
            {
                throw Bad(Classes, $"has '{ComputeBudgetParser.Shorten(name)}', which is not a class of model '{model.Name}'; its classes are {string.Join(", ", model.Classes.Select(static known => known.Name).Distinct())}");
            }

            labels.UnionWith(known);
        }

        return labels;
    }

    private static string[]? List(IReadOnlyDictionary<string, IReadOnlyList<string?>> given, string name)
    {
        var parts = Single(given, name)?.Split(',', StringSplitOptions.TrimEntries);
        return parts is not null && (parts.Contains("") || parts.Distinct(StringComparer.Ordinal).Count() != parts.Length)
            ? throw Bad(name, $"has an empty or repeated part: it must be {Allowed[name]}")
            : parts;
    }

    private static string? Single(IReadOnlyDictionary<string, IReadOnlyList<string?>> given, string name) =>
        !given.TryGetValue(name, out var values) || values.Count == 0 ? null
        : values.Count > 1 ? throw Bad(name, "is given more than once")
        : string.IsNullOrWhiteSpace(values[0]) ? throw Bad(name)
        : values[0];

    private static SegmentationException Bad(string name, string? what = null) =>
        new(SegmentationError.BadRequest, $"{name} {what ?? $"must be {Allowed[name]}"}.", name);
}
