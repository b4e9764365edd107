using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Requests;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Requests;

/// <summary>
/// The rule, over random requests. A parameter is wrong where
/// * its name does not exist, it is given more than once, or it is blank;
/// * it is a list with an empty or repeated part, or with a task or class that the model does not have;
/// * it is a threshold and not a decimal number from 0 to 1, or a procedure and neither meta nor hf;
/// * none of the requested tasks uses it.
/// A request is refused if one is wrong, naming one that is; else its parameters are what was given, and the model's own for the rest.
/// </summary>
public sealed partial class RequestParametersPropertyTests
{
    private const int Iterations = 3000;

    private static readonly ModelManifest Model = TestManifest.Create() with
    {
        Tasks = ["panoptic", "instance", "semantic"],
        Classes = [new(0, "person", true, "#000000"), new(1, "sky", false, "#000000")],
    };

    private static readonly Gen<string> Name = Gen.OneOf("task", "score-threshold", "mask-threshold", "overlap-threshold", "procedure", "classes", "colour", "Task");

    private static readonly Gen<string?> Value = Gen.OneOf<string?>(
        "panoptic", "instance", "semantic", "instance,semantic", "panoptic,instance", "panoptic,", "semantic,semantic", "detection",
        "0", "1", "0.5", "1e-1", "1.01", "-0.1", "NaN", "0,5", "half", "meta", "hf", "Meta", "sky", "person,sky", "sky,sky", "zebra", "", " ", null);

    private static readonly Gen<Dictionary<string, IReadOnlyList<string?>>> Requests = Gen.Select(Name, Value).Array[0, 5].Select(static given =>
        given.GroupBy(static parameter => parameter.Item1).ToDictionary(static group => group.Key, static group => (IReadOnlyList<string?>)[.. group.Select(static parameter => parameter.Item2)]));

    [Fact]
    public void Read_AnyRequest_FollowsTheRule() => Requests.Sample(
        static given =>
        {
            var wrong = Wrong(given);
            if (wrong.Count > 0)
            {
                var error = Assert.Throws<SegmentationException>(() => RequestParameters.Read(given, Model));
                Assert.Equal(SegmentationError.BadRequest, error.Error);
                Assert.Contains(error.Field, wrong);
                return;
            }

            var parameters = RequestParameters.Read(given, Model);
            Assert.Equal(Tasks(given), string.Join(',', parameters.Tasks.ToNames().Order(StringComparer.Ordinal)));
            Assert.Equal(Number(given, "score-threshold") ?? Model.Postprocessing.ScoreThreshold, parameters.ScoreThreshold);
            Assert.Equal(Number(given, "mask-threshold") ?? Model.Postprocessing.MaskThreshold, parameters.MaskThreshold);
            Assert.Equal(Number(given, "overlap-threshold") ?? Model.Postprocessing.OverlapThreshold, parameters.OverlapThreshold);
            Assert.Equal(given.GetValueOrDefault("procedure")?[0] ?? Model.Postprocessing.Procedure, parameters.Procedure);
            Assert.Equal(given.GetValueOrDefault("classes")?[0]?.Split(',').Length, parameters.KeptClasses?.Count);
        },
        iter: Iterations);

    private static List<string> Wrong(Dictionary<string, IReadOnlyList<string?>> given)
    {
        var wrong = given.Where(static parameter => !IsRight(parameter.Key, parameter.Value)).Select(static parameter => parameter.Key).ToList();
        if (!wrong.Contains("task"))
        {
            var tasks = Tasks(given).Split(',');
            wrong.AddRange(given.Keys.Where(name => Users(name) is { } users && !users.Intersect(tasks).Any()));
        }

        return wrong;
    }

    private static bool IsRight(string name, IReadOnlyList<string?> values)
    {
        if (values is not [{ } text] || text.Trim().Length == 0)
        {
            return false;
        }

        return name switch
        {
            "task" => IsList(text, Model.Tasks),
            "classes" => IsList(text, ["person", "sky"]),
            "procedure" => text is "meta" or "hf",
            "score-threshold" or "mask-threshold" or "overlap-threshold" => Decimal().IsMatch(text) && double.Parse(text, CultureInfo.InvariantCulture) <= 1,
            _ => false,
        };
    }

    private static bool IsList(string text, IReadOnlyList<string> allowed)
    {
        var parts = text.Split(',');
        return parts.All(allowed.Contains) && parts.Distinct().Count() == parts.Length;
    }

    private static string[]? Users(string name) => name switch
    {
        "score-threshold" => ["panoptic", "instance"],
        "mask-threshold" => ["panoptic", "instance"],
        "overlap-threshold" => ["panoptic"],
        "procedure" => ["panoptic", "instance", "semantic"],
        _ => null,
    };

    /// <summary>In alphabetical order; panoptic where none is named.</summary>
    private static string Tasks(Dictionary<string, IReadOnlyList<string?>> given) =>
        string.Join(',', (given.GetValueOrDefault("task")?[0] ?? "panoptic").Split(',').Order(StringComparer.Ordinal));

    private static float? Number(Dictionary<string, IReadOnlyList<string?>> given, string name) =>
        given.GetValueOrDefault(name)?[0] is { } text ? float.Parse(text, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$")]
    private static partial Regex Decimal();
}
