using System.Text.Json.Nodes;
using CsCheck;
using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Scoring;
using EcoM2F.Recipe.Tests.Metrics;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Scoring;

/// <summary>Any small file is scored as the official tools' rules, written beside it, say.</summary>
public sealed class OfficialRulePropertyTests
{
    private const int Files = 150;

    [Fact]
    public void Score_AnySmallCocoFile_FollowsPycocotools() => SmallCoco.Any.Sample(
        static file =>
        {
            using var folder = new TemporaryFolder();
            var (truth, predictions) = (folder.Write("gt.json", OfficialObjectRule.TruthFile(file)), folder.Write("pred.json", OfficialObjectRule.PredictionFile(file)));
            if (IsUnusable(file))
            {
                Assert.Throws<RecipeException>(() => ObjectFiles.Score(truth, predictions, withMasks: true, cancellationToken: TestContext.Current.CancellationToken));
                return;
            }

            var scored = ObjectFiles.Score(truth, predictions, withMasks: true, cancellationToken: TestContext.Current.CancellationToken);
            var images = OfficialObjectRule.Read(file);
            Equal(NaivePrecision.Score(images, OverlapKind.Mask), scored.Masks!.Numbers);
            Equal(NaivePrecision.Score(images, OverlapKind.Box), scored.Boxes.Numbers);
        },
        iter: Files,
        threads: 1);

    /// <summary>
    /// panopticapi: a true segment is missed unless it matches, also one that has no pixels; void and the class's last crowd excuse predictions.
    /// </summary>
    [Fact]
    public void Score_AnySmallPanopticFile_FollowsPanopticapi() => Gen.Select(Gen.Int, Gen.Int[0, 2], Gen.Bool).Sample(
        static (seed, withoutPixels, floats) =>
        {
            var (truth, prediction) = RandomImages.Panoptic(seed);
            var more = Enumerable.Range(1, withoutPixels).Select(static id => new PanopticSegment(id, id, 0));
            truth = truth with { Segments = [.. truth.Segments, .. more] };
            using var folder = new TemporaryFolder();
            var scored = PanopticFiles.Score(new ScoredFile(Write(folder, "gt", truth, floats)), new ScoredFile(Write(folder, "pred", prediction, floats)), cancellationToken: TestContext.Current.CancellationToken);
            for (var id = 0; id < RandomImages.Classes; id++)
            {
                var counts = scored.Score.Classes[id];
                var (iou, tp, fp, fn) = NaivePanoptic.Count(truth, prediction, id);
                Assert.Equal((tp, fp, fn), (counts.TruePositives, counts.FalsePositives, counts.FalseNegatives));
                Assert.Equal(iou, counts.Iou, MetricFixtures.Tolerance);
            }
        },
        iter: Files,
        threads: 1);

    /// <summary>All of a list that is not empty would be passed over.</summary>
    private static bool IsUnusable(SmallCoco file) =>
        (file.Objects.Count > 0 && !file.Objects.Any(item => OfficialObjectRule.Counts(file, item)))
        || (file.Results.Count > 0 && !file.Results.Any(static item => OfficialObjectRule.Categories.Contains(item.Category)));

    private static void Equal(IReadOnlyList<double> expected, IReadOnlyList<double> actual)
    {
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.True(double.IsNaN(expected[i]) ? double.IsNaN(actual[i]) : Math.Abs(expected[i] - actual[i]) <= MetricFixtures.Tolerance, $"{PrecisionScore.Names[i]}: {actual[i]}, not {expected[i]}");
        }
    }

    private static string Write(TemporaryFolder folder, string name, PanopticMap map, bool floats)
    {
        var json = new JsonObject
        {
            ["categories"] = new JsonArray([.. RandomImages.IsThing.Select(static (isThing, id) => (JsonNode)new JsonObject { ["id"] = id, ["name"] = $"class {id}", ["isthing"] = isThing ? 1 : 0 })]),
            ["annotations"] = new JsonArray(new JsonObject
            {
                ["image_id"] = 1,
                ["file_name"] = "1.png",
                ["segments_info"] = new JsonArray([.. map.Segments.Select(static segment => (JsonNode)new JsonObject
                {
                    ["id"] = segment.Id, ["category_id"] = segment.ClassId, ["area"] = segment.Area, ["iscrowd"] = segment.IsCrowd ? 1 : 0,
                })]),
            }),
        }.ToJsonString();
        var file = folder.Write($"{name}.json", floats ? System.Text.RegularExpressions.Regex.Replace(json, "(?<=:)\\d+(?=[,}])", "$0.0") : json);
        Directory.CreateDirectory(folder[name]);
        TestPng.WriteIds(folder[$"{name}/1.png"], map.Width, map.Height, map.Ids);
        return file;
    }
}
