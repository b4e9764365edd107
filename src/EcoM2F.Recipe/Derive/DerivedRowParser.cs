using System.Text.Json;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Json;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Derive;

/// <summary>One line of <c>derived.jsonl</c>, read strictly.</summary>
internal static class DerivedRowParser
{
    private const int MaxSide = 65_535;

    /// <exception cref="RecipeException">Names the file, the line and the field.</exception>
    public static DerivedRow Parse(ReadOnlySpan<byte> line, Entry place)
    {
        DerivedRowJson json;
        try
        {
            json = JsonSerializer.Deserialize(line, DerivedRowContext.Default.DerivedRowJson) ?? throw place.Error("an object was expected, and the line is null");
        }
        catch (JsonException exception)
        {
            throw place.Error(JsonProblem.InLine(exception));
        }

        return Check(json, place);
    }

    private static DerivedRow Check(DerivedRowJson json, Entry place)
    {
        var points = json.Points is null ? Exits(json, place) : Points(json, place);
        var quality = place.Require(json.Quality, "quality");
        Require(quality.Length == points.Length, place, "quality", $"one number for each of the {points.Length} {(json.Points is null ? "exits" : "points")}, not {quality.Length}");
        Require(quality.All(static value => value is null or (>= 0 and <= 1)), place, "quality", "fractions from 0 to 1, or null where there was nothing to score");
        var pooled = place.Require(json.Pooled, "pooled");
        Require(pooled.Length > 0 && pooled.All(float.IsFinite), place, "pooled", "finite numbers, at least one");
        Require(json.Milliseconds?.Values.All(static value => double.IsFinite(value) && value >= 0) != false, place, "milliseconds", "finite numbers from 0");
        Require(json.Precision is null || GraphPrecisions.All.Contains(json.Precision), place, "precision", string.Join(", ", GraphPrecisions.All));
        Require(json.Reference is null or AgreementDataset.Full, place, "reference", $"{AgreementDataset.Full}, or absent where quality is measured on labels");
        return new DerivedRow
        {
            Image = NotEmpty(place.Require(json.Image, "image"), place, "image"),
            Points = points,
            HasPoints = json.Points is not null,
            Quality = [.. quality.Select(static value => value ?? double.NaN)],
            Pooled = pooled,
            Times = json.Milliseconds is { } milliseconds ? ToTimes(milliseconds) : null,
            Model = json.Model is { } model ? NotEmpty(model, place, "model") : null,
            Dataset = json.Dataset is { } dataset ? NotEmpty(dataset, place, "dataset") : null,
            Precision = json.Precision,
            Reference = json.Reference,
        };
    }

    private static ComputePoint[] Exits(DerivedRowJson json, Entry place)
    {
        var exits = place.Require(json.Exits, "exits");
        Require(exits.Length > 0 && exits[0] > 0 && Ascending(exits), place, "exits", "depths from 1, ascending");
        var size = place.Require(json.Size, "size");
        return [.. exits.Select(exit => new ComputePoint(GateData.OwnSize, Input(size, place, "size"), exit))];
    }

    private static ComputePoint[] Points(DerivedRowJson json, Entry place)
    {
        Require(json.Exits is null && json.Size is null, place, "points", "without 'exits' and 'size', whose place it takes");
        var points = new List<ComputePoint>();
        for (var i = 0; i < json.Points!.Length; i++)
        {
            var field = $"points[{i}]";
            var point = place.Require(json.Points[i], field);
            var (size, depth) = (place.Require(point.Size, $"{field}.size"), place.Require(point.Depth, $"{field}.depth"));
            Require(size is >= 1 and <= MaxSide, place, $"{field}.size", $"from 1 to {MaxSide}");
            Require(depth >= 1, place, $"{field}.depth", "from 1");
            Require(point.DecoderDepth is null or >= 1, place, $"{field}.decoder_depth", "from 1, or absent where the model has no decoder exits");
            points.Add(new ComputePoint(size, Input(place.Require(point.Input, $"{field}.input"), place, $"{field}.input"), depth, point.DecoderDepth));
        }

        Require(points.Count > 0, place, "points", "at least one");
        Require(
            Ascending(points.Select(static point => (point.Size, point.Depth, point.DecoderDepth ?? 0))), place, "points", "ascending by size, of each size by depth, of each depth by decoder depth");
        return [.. points];
    }

    private static InputSize Input(int[] sides, Entry place, string field)
    {
        Require(sides is [>= 1 and <= MaxSide, >= 1 and <= MaxSide], place, field, $"height and width, each from 1 to {MaxSide}");
        return new InputSize(sides[0], sides[1]);
    }

    private static bool Ascending<T>(IEnumerable<T> values) => values.Zip(values.Skip(1)).All(static pair => Comparer<T>.Default.Compare(pair.First, pair.Second) < 0);

    private static string NotEmpty(string text, Entry place, string field)
    {
        Require(text.Length > 0, place, field, "a text that is not empty");
        return text;
    }

    private static void Require(bool holds, Entry place, string field, string allowed)
    {
        if (!holds)
        {
            throw place.Error($"'{field}' must be {allowed}");
        }
    }

    /// <summary>Rows of other programs may hold times of other stages, which nothing asks for.</summary>
    private static StageTimes ToTimes(Dictionary<string, double> milliseconds) => Enum.GetValues<Stage>().Aggregate(
        new StageTimes(),
        (times, stage) => milliseconds.TryGetValue(stage.ToName(), out var value) ? times.With(stage, value) : times);
}
