using System.Text.Json;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Json;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;

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
        var exits = place.Require(json.Exits, "exits");
        Require(exits.Length > 0 && exits[0] > 0 && exits.Zip(exits.Skip(1)).All(static pair => pair.First < pair.Second), "exits", "depths from 1, ascending");
        var quality = place.Require(json.Quality, "quality");
        Require(quality.Length == exits.Length, "quality", $"one number for each of the {exits.Length} exits, not {quality.Length}");
        Require(quality.All(static value => value is null or (>= 0 and <= 1)), "quality", "fractions from 0 to 1, or null where there was nothing to score");
        var pooled = place.Require(json.Pooled, "pooled");
        Require(pooled.Length > 0 && pooled.All(float.IsFinite), "pooled", "finite numbers, at least one");
        var size = place.Require(json.Size, "size");
        Require(size is [>= 1 and <= MaxSide, >= 1 and <= MaxSide], "size", $"height and width, each from 1 to {MaxSide}");
        Require(json.Milliseconds?.Values.All(static value => double.IsFinite(value) && value >= 0) != false, "milliseconds", "finite numbers from 0");
        return new DerivedRow
        {
            Image = NotEmpty(place.Require(json.Image, "image"), "image"),
            Points = [.. exits.Select(exit => new ComputePoint(Math.Min(size[0], size[1]), new InputSize(size[0], size[1]), exit))],
            Quality = [.. quality.Select(static value => value ?? double.NaN)],
            Pooled = pooled,
            Times = json.Milliseconds is { } milliseconds ? ToTimes(milliseconds) : null,
            Model = json.Model is { } model ? NotEmpty(model, "model") : null,
            Dataset = json.Dataset is { } dataset ? NotEmpty(dataset, "dataset") : null,
        };

        string NotEmpty(string text, string field)
        {
            Require(text.Length > 0, field, "a text that is not empty");
            return text;
        }

        void Require(bool holds, string field, string allowed)
        {
            if (!holds)
            {
                throw place.Error($"'{field}' must be {allowed}");
            }
        }
    }

    /// <summary>Rows of other programs may hold times of other stages, which nothing asks for.</summary>
    private static StageTimes ToTimes(Dictionary<string, double> milliseconds) => Enum.GetValues<Stage>().Aggregate(
        new StageTimes(),
        (times, stage) => milliseconds.TryGetValue(stage.ToName(), out var value) ? times.With(stage, value) : times);
}
