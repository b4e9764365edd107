using System.Globalization;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Requests;

namespace EcoM2F.Serving.Http;

/// <summary>The query string of <c>POST /v1/segment</c>, read strictly: nothing in it is ignored.</summary>
internal sealed record SegmentQuery
{
    public const string TaskKey = "task";
    public const string ModelKey = "model";
    public const string ScoreThresholdKey = "score-threshold";
    public const string MaskThresholdKey = "mask-threshold";
    public const string OverlapThresholdKey = "overlap-threshold";
    public const string ProcedureKey = "procedure";
    public const string ClassesKey = "classes";
    private const string AllowedThreshold = "a number from 0 to 1";
    private const string AllowedMaskThreshold = AllowedThreshold + "; nothing for detection";

    /// <summary>Every key with what it may be, as error messages and the API description say it.</summary>
    public static IReadOnlyDictionary<string, string> Allowed { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [TaskKey] = $"a comma list of the model's tasks: {string.Join(", ", TaskNames.All)}",
        [ModelKey] = "the name of a loaded model",
        [ScoreThresholdKey] = AllowedThreshold,
        [MaskThresholdKey] = AllowedMaskThreshold,
        [OverlapThresholdKey] = AllowedMaskThreshold,
        [ProcedureKey] = "meta or hf; nothing for detection",
        [ClassesKey] = "a comma list of the model's class names",
    };

    public static string AllowedKeys { get; } = string.Join(", ", Allowed.Keys);

    /// <summary>Never none.</summary>
    public required SegmentationTasks Tasks { get; init; }

    public required PostprocessingOverrides Postprocessing { get; init; }

    /// <summary>The model asked for, before anything else is looked at; null for the default.</summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadRequest"/>.</exception>
    public static string? ModelName(IQueryCollection query) => Single(query, ModelKey);

    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadRequest"/>, naming the key and what is allowed.</exception>
    public static SegmentQuery Parse(IQueryCollection query, ModelManifest model)
    {
        foreach (var key in query.Keys)
        {
            if (!Allowed.ContainsKey(key))
            {
                var shown = key.Length <= 40 ? key : key[..40] + "...";
                throw new SegmentationException(
                    SegmentationError.BadRequest, $"There is no parameter '{shown}'. There are {AllowedKeys}.", shown);
            }
        }

        var overrides = new PostprocessingOverrides
        {
            Procedure = ReadProcedure(Single(query, ProcedureKey)),
            ScoreThreshold = ReadThreshold(query, ScoreThresholdKey),
            MaskThreshold = ReadThreshold(query, MaskThresholdKey),
            OverlapThreshold = ReadThreshold(query, OverlapThresholdKey),
            Classes = ReadClasses(List(query, ClassesKey), model),
        };
        overrides.RequireFor(model);
        return new SegmentQuery { Tasks = ReadTasks(List(query, TaskKey), model), Postprocessing = overrides };
    }

    private static SegmentationTasks ReadTasks(string[]? names, ModelManifest model)
    {
        if (names is null)
        {
            return TaskNames.DefaultOf(model);
        }

        var tasks = SegmentationTasks.None;
        foreach (var name in names)
        {
            if (!model.Tasks.Contains(name))
            {
                throw Bad(TaskKey, $"has a task that the model {model.Name} does not have: its tasks are {string.Join(", ", model.Tasks)}");
            }

            tasks |= TaskNames.Parse(name);
        }

        return tasks;
    }

    private static string? ReadProcedure(string? text) =>
        text is null or PostprocessingSettings.Meta or PostprocessingSettings.HuggingFace ? text : throw Bad(ProcedureKey);

    private static float? ReadThreshold(IQueryCollection query, string key)
    {
        if (Single(query, key) is not { } text)
        {
            return null;
        }

        return float.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && value is >= 0 and <= 1
                ? value
                : throw Bad(key);
    }

    private static string[]? ReadClasses(string[]? names, ModelManifest model)
    {
        foreach (var name in names ?? [])
        {
            if (!model.Classes.Any(known => string.Equals(known.Name, name, StringComparison.Ordinal)))
            {
                throw Bad(ClassesKey, $"has a class that the model {model.Name} does not have: /v1/models/{model.Name} lists them");
            }
        }

        return names;
    }

    private static string[]? List(IQueryCollection query, string key)
    {
        var parts = Single(query, key)?.Split(',', StringSplitOptions.TrimEntries);
        return parts is not null && (parts.Contains("") || parts.Distinct(StringComparer.Ordinal).Count() != parts.Length)
            ? throw Bad(key, $"has an empty or repeated part: it must be {Allowed[key]}")
            : parts;
    }

    private static string? Single(IQueryCollection query, string key)
    {
        var values = query[key];
        return values.Count switch
        {
            0 => null,
            1 when !string.IsNullOrWhiteSpace(values[0]) => values[0],
            1 => throw Bad(key),
            _ => throw Bad(key, "is given more than once"),
        };
    }

    private static SegmentationException Bad(string key, string? what = null) =>
        new(SegmentationError.BadRequest, $"{key} {what ?? $"must be {Allowed[key]}"}.", key);
}
