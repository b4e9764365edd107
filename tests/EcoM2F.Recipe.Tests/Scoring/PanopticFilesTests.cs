using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Scoring;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Scoring;

public sealed class PanopticFilesTests
{
    private static readonly PanopticFileScore Scored = PanopticFiles.Score(
        new ScoredFile(MetricFixtures.Path("panoptic", "gt.json")), new ScoredFile(MetricFixtures.Path("panoptic", "pred.json")));

    private static readonly JsonNode Expected = MetricFixtures.Json("panoptic", "expected.json");

    [Fact]
    public void Score_ReferenceFiles_TotalEqualsPanopticApi() => Equal(Expected["total"]!, Scored.Score, "total");

    [Fact]
    public void Score_ReferenceFiles_EveryClassEqualsPanopticApi()
    {
        var classes = Expected["total"]!["per_class"]!.AsObject();
        Assert.Equal(classes.Count, Scored.Classes.Count);
        for (var i = 0; i < Scored.Classes.Count; i++)
        {
            var name = Scored.Classes[i].Id.ToString(CultureInfo.InvariantCulture);
            var (expected, actual) = (classes[name]!, Scored.Score.Classes[i]);
            MetricFixtures.Equal(expected["pq"]!, actual.Pq, $"pq of {name}");
            MetricFixtures.Equal(expected["sq"]!, actual.Sq, $"sq of {name}");
            MetricFixtures.Equal(expected["rq"]!, actual.Rq, $"rq of {name}");
            MetricFixtures.Equal(expected["iou"]!, actual.Iou, $"iou of {name}");
            Assert.Equal(
                ((int)expected["tp"]!, (int)expected["fp"]!, (int)expected["fn"]!),
                (actual.TruePositives, actual.FalsePositives, actual.FalseNegatives));
        }
    }

    [Fact]
    public void Score_ReferenceFiles_EveryImageEqualsPanopticApi()
    {
        var images = Expected["per_image"]!.AsObject();
        Assert.Equal(images.Count, Scored.Images.Count);
        Assert.All(Scored.Images, image => Equal(images[image.Id]!, image.Score, image.Id));
    }

    [Fact]
    public void Score_TruthAgainstItself_IsPerfect()
    {
        var truth = new ScoredFile(MetricFixtures.Path("panoptic", "gt.json"));
        var score = PanopticFiles.Score(truth, truth, cancellationToken: TestContext.Current.CancellationToken).Score;

        // Crowds have no part: they are neither found nor missed.
        Assert.Equal(1, score.All.Pq);
        Assert.Equal(0, score.Classes.Sum(static item => item.FalsePositives + item.FalseNegatives));
    }

    [Theory]
    [InlineData("\"area\": 4", "\"area\": 5", "gt.json", "annotations[0]", "(image 7)", "segment 300", "'area'", "4 pixels")]
    [InlineData("\"id\": 300,", "\"id\": 9,", "segment 9 has no pixels.")]
    [InlineData("\"id\": 300,", "\"id\": 0,", "annotations[0]", "(image 7)", "segments_info[0]", "'id'", "allowed are 1 to 16777215")]
    [InlineData(", \"area\": 4", "", "segments_info[0]", "'area'", "missing")]
    [InlineData("\"category_id\": 1, \"ar", "\"category_id\": 8, \"ar", "'category_id'", "'categories'", " 1, 2")]
    [InlineData("a.png", "b.png", "There is no file", "b.png.")]
    [InlineData("\"image_id\": 7", "\"image_id\": 8", "no prediction")]
    [InlineData("\"isthing\": 1", "\"isthing\": 7", "$.categories[0].isthing")]
    [InlineData("\"annotations\"", "\"annotation\"", "gt.json", "'annotations'", "missing")]
    [InlineData("{\"id\": 300", "{{\"id\": 300", "gt.json", "line 1", "$.annotations[0].segments_info[0]")]
    [InlineData("[{\"id\": 300", "[null, {\"id\": 300", "segments_info[0]", "'id'", "missing")]
    public void Score_WrongTruth_NamesFileEntryAndField(string right, string wrong, params string[] messages)
    {
        using var folder = new TemporaryFolder();
        const string Json = """{"categories": [{"id": 1, "name": "cat", "isthing": 1}, {"id": 2, "name": "sky", "isthing": 0}], "annotations": [{"image_id": 7, "file_name": "a.png", "segments_info": [{"id": 300, "category_id": 1, "area": 4}]}]}""";
        Assert.Contains(right, Json, StringComparison.Ordinal);
        Directory.CreateDirectory(folder["gt"]);
        TestPng.WriteIds(folder["gt/a.png"], 3, 2, [300, 300, 0, 300, 300, 0]);
        var prediction = folder.Write("pred.json", Json);
        var truth = folder.Write("gt.json", Json.Replace(right, wrong, StringComparison.Ordinal));

        var exception = Assert.Throws<RecipeException>(() => PanopticFiles.Score(new ScoredFile(truth), new ScoredFile(prediction, folder["gt"]), cancellationToken: TestContext.Current.CancellationToken));
        Assert.All(messages, message => Assert.Contains(message, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Score_ManyWrongEntries_TellsTenAndHowManyMore()
    {
        using var folder = new TemporaryFolder();
        var annotations = string.Join(',', Enumerable.Range(0, 13).Select(static i => $$"""{"image_id": {{i}}, "file_name": "{{i}}.png", "segments_info": []}"""));
        var file = new ScoredFile(folder.Write("gt.json", $$"""{"categories": [{"id": 1, "name": "cat"}], "annotations": [{{annotations}}]}"""), folder.Path);

        var lines = Assert.Throws<RecipeException>(() => PanopticFiles.Score(file, file, cancellationToken: TestContext.Current.CancellationToken)).Message.Split('\n');
        Assert.Equal(11, lines.Length);
        Assert.EndsWith("0.png.", lines[0], StringComparison.Ordinal);
        Assert.Contains("3 more", lines[10], StringComparison.Ordinal);
    }

    private static void Equal(JsonNode expected, PanopticScore actual, string what)
    {
        foreach (var (name, quality) in ((string, PanopticQuality)[])[("All", actual.All), ("Things", actual.Things), ("Stuff", actual.Stuff)])
        {
            Assert.Equal((int)expected[name]!["n"]!, quality.Classes);
            MetricFixtures.Equal(expected[name]!["pq"]!, quality.Pq, $"{what} {name} pq");
            MetricFixtures.Equal(expected[name]!["sq"]!, quality.Sq, $"{what} {name} sq");
            MetricFixtures.Equal(expected[name]!["rq"]!, quality.Rq, $"{what} {name} rq");
        }
    }
}
