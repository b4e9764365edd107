using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Thresholds;

namespace EcoM2F.Recipe.Reports;

/// <summary><c>report.json</c>: fractions, milliseconds, classes by their ids; what has no value is null or left out.</summary>
internal static class ReportJson
{
    public static JsonObject Of(EvaluationResult result)
    {
        var (model, set) = (result.Set.Model, result.Set.Set);
        var report = new JsonObject
        {
            ["model"] = model.Name,
            ["model_version"] = model.Version,
            ["model_hash"] = ModelIdentity.Of(model),
            ["exits"] = new JsonArray([.. model.Exits.Select(static exit => (JsonNode)exit)]),
            ["dataset"] = set.Hash,
            ["task"] = set.Task,
            ["metric"] = set.Metric,
            ["images"] = set.Images.Count,
            ["seed"] = result.Seed,
            ["policies"] = new JsonArray([.. result.Policies.Select(policy => (JsonNode)Of(policy, set.Classes, model.HasPoints))]),
            ["comparisons"] = new JsonArray([.. result.Comparisons.Select(static comparison => (JsonNode)Of(comparison))]),
            ["calibration"] = new JsonArray([.. result.Calibrations.Select(static calibration => (JsonNode)Of(calibration))]),
        };
        if (set.Reference is { } reference)
        {
            report["reference"] = reference;
        }

        if (model.DecoderExits is { } decoder)
        {
            report["decoder_exits"] = new JsonArray([.. decoder.Select(static exit => (JsonNode)exit)]);
        }

        if (model.HasPoints)
        {
            report["sizes"] = new JsonArray([.. model.ShortestEdges.Select(static size => (JsonNode)size)]);
            report["own_size"] = model.OwnSize;
            report["frontier"] = Texts(result.Frontier(static policy => policy.Gmacs));
            report["frontier_milliseconds"] = Texts(result.Frontier(static policy => policy.Milliseconds));
        }

        if (result.Thresholds is { } thresholds)
        {
            report["thresholds"] = Of(thresholds, set.Classes);
        }

        return report;
    }

    private static JsonObject Of(ThresholdTuning tuning, IReadOnlyList<ModelClass> classes) => new()
    {
        ["metric"] = tuning.Metric,
        ["own"] = Exact(tuning.Own),
        ["least_objects"] = tuning.LeastObjects,
        ["quality_now"] = Number(tuning.QualityNow),
        ["quality_tuned"] = Number(tuning.QualityTuned),
        ["difference"] = Number(tuning.Difference.Difference),
        ["low"] = Number(tuning.Difference.Low),
        ["high"] = Number(tuning.Difference.High),
        ["detectable"] = Number(tuning.Difference.Detectable),
        ["written"] = tuning.Written,
        ["classes"] = new JsonArray([.. tuning.Classes.Select(item => (JsonNode)new JsonObject
        {
            ["id"] = classes[item.ClassId].Id,
            ["class"] = item.Name,
            ["objects"] = item.Objects,
            ["threshold"] = Exact(item.Threshold),
            ["first_half"] = Exact(item.First),
            ["second_half"] = Exact(item.Second),
            ["quality_now"] = Number(item.QualityNow),
            ["quality_tuned"] = Number(item.QualityTuned),
        })]),
    };

    // 0.65f as a double would read 0.6499999761581421
    private static JsonValue? Exact(float? value) => value is { } known ? JsonValue.Create((double)(decimal)known) : null;

    private static JsonArray Texts(IEnumerable<PolicyResult> policies) => new([.. policies.Select(static policy => (JsonNode)policy.Policy.Name)]);

    private static JsonObject Of(PolicyResult result, IReadOnlyList<ModelClass> classes, bool hasPoints)
    {
        var policy = Of(result, classes);
        if (hasPoints)
        {
            policy["points"] = new JsonObject(result.Points.Select(static entry => KeyValuePair.Create<string, JsonNode?>(entry.Key.ToString(), entry.Value)));
        }

        if (result.Fallbacks is { } fallbacks)
        {
            policy["fallbacks"] = fallbacks;
        }

        return policy;
    }

    private static JsonObject Of(PolicyResult result, IReadOnlyList<ModelClass> classes) => new()
    {
        ["policy"] = result.Policy.Name,
        ["quality"] = Number(result.Quality.Value),
        ["low"] = Number(result.Quality.Low),
        ["high"] = Number(result.Quality.High),
        ["image_quality"] = Number(result.ImageQuality),
        ["mean_depth"] = result.MeanDepth,
        ["depths"] = new JsonObject(result.Depths.Select(static entry => KeyValuePair.Create<string, JsonNode?>(Text(entry.Key), entry.Value))),
        ["gmacs"] = result.Gmacs,
        ["milliseconds"] = result.Milliseconds,
        ["images_per_second"] = result.ImagesPerSecond,
        ["per_class"] = new JsonObject(result.PerClass.Select((value, id) => (Value: value, classes[id].Id)).Where(static item => !double.IsNaN(item.Value))
            .Select(static item => KeyValuePair.Create<string, JsonNode?>(Text(item.Id), item.Value))),
    };

    private static JsonObject Of(PolicyComparison comparison) => new()
    {
        ["policy"] = comparison.Policy,
        ["against"] = comparison.Against,
        ["difference"] = Number(comparison.Difference.Difference),
        ["low"] = Number(comparison.Difference.Low),
        ["high"] = Number(comparison.Difference.High),
        ["detectable"] = Number(comparison.Difference.Detectable),
    };

    private static JsonObject Of(Calibration calibration) => new()
    {
        ["gate"] = calibration.Gate,
        ["what"] = calibration.What,
        ["bins"] = new JsonArray([.. calibration.Bins.Select(static bin => (JsonNode)new JsonObject { ["predicted"] = bin.Predicted, ["actual"] = bin.Actual, ["count"] = bin.Count })]),
    };

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
