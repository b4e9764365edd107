using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Scoring;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Scoring;

public sealed class ObjectFilesTests
{
    private const string Truth = """
        {"images": [{"id": 7, "file_name": "a.jpg", "width": 10, "height": 8}], "categories": [{"id": 3, "name": "cat"}],
         "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "iscrowd": 0, "area": 6, "bbox": [1, 1, 3, 2], "segmentation": [[1, 1, 4, 1, 4, 3, 1, 3]]}]}
        """;

    private const string Prediction = """[{"image_id": 7, "category_id": 3, "score": 0.5, "segmentation": {"size": [8, 10], "counts": [9, 2, 6, 2, 6, 2, 53]}}]""";

    [Fact]
    public void Score_ReferenceFiles_EqualsPycocotools()
    {
        var scored = ObjectFiles.Score(MetricFixtures.Path("instance", "gt.json"), MetricFixtures.Path("instance", "pred.json"), withMasks: true, cancellationToken: TestContext.Current.CancellationToken);
        var expected = MetricFixtures.Json("instance", "expected.json");
        Equal(expected["segm"]!, scored.Masks!, scored);
        Equal(expected["bbox"]!, scored.Boxes, scored);
    }

    [Fact]
    public void Score_BoxesAlone_EqualsPycocotools()
    {
        var scored = ObjectFiles.Score(MetricFixtures.Path("instance", "gt.json"), MetricFixtures.Path("instance", "pred.json"), withMasks: false, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Null(scored.Masks);
        Equal(MetricFixtures.Json("instance", "expected.json")["bbox"]!, scored.Boxes, scored);
    }

    [Fact]
    public void Score_PolygonAndTheSameRuns_IsPerfect()
    {
        using var folder = new TemporaryFolder();
        var scored = ObjectFiles.Score(folder.Write("gt.json", Truth), folder.Write("pred.json", Prediction), withMasks: true, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1, scored.Masks!.Ap, MetricFixtures.Tolerance);
        Assert.Equal(1, scored.Boxes.Ap, MetricFixtures.Tolerance);
        Assert.True(double.IsNaN(scored.Boxes.Numbers[5])); // there is no large object
    }

    [Fact]
    public void Score_NoPredictions_IsZero()
    {
        using var folder = new TemporaryFolder();
        var scored = ObjectFiles.Score(folder.Write("gt.json", Truth), folder.Write("pred.json", "[]"), withMasks: true, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), (scored.Masks!.Ap, scored.Masks.Numbers[8]));
    }

    [Theory]
    [InlineData("\"area\": 6", "\"area\": -1", "gt.json", "annotations[0]", "(id 1)", "'area'", "allowed are 0 and more")]
    [InlineData("[1, 1, 3, 2]", "[1, 1, 3]", "'bbox'", "0 or more")]
    [InlineData("[[1, 1, 4, 1, 4, 3, 1, 3]]", "[[1, 1, 4, 1]]", "none", "'segmentation'", "three points", "id 1")]
    [InlineData("[[1, 1, 4, 1, 4, 3, 1, 3]]", "[]", "none", "'segmentation'", "three points", "id 1")]
    [InlineData("[[1, 1, 4, 1, 4, 3, 1, 3]]", "[[1, 1, 1e9, 1, 4, 3]]", "'segmentation'", "coordinate")]
    [InlineData("[[1, 1, 4, 1, 4, 3, 1, 3]]", "{\"size\": [10, 8], \"counts\": [80]}", "'segmentation.size'")]
    [InlineData("[[1, 1, 4, 1, 4, 3, 1, 3]]", "{\"size\": [8, 10], \"counts\": [79]}", "'segmentation.counts'", "79 pixels", "10 x 8")]
    [InlineData("[[1, 1, 4, 1, 4, 3, 1, 3]]", "{\"size\": [8, 10], \"counts\": \"~~\"}", "'segmentation.counts'")]
    [InlineData("[[1, 1, 4, 1, 4, 3, 1, 3]]", "{\"size\": [8, 10]}", "'segmentation.counts'", "missing")]
    [InlineData("[[1, 1, 4, 1, 4, 3, 1, 3]]", "7", "$.annotations[0].segmentation")]
    [InlineData("\"image_id\": 7", "\"image_id\": 9", "none", "'image_id'", "'images'", "id 1")]
    [InlineData("\"width\": 10, \"height\": 8", "\"width\": 65535, \"height\": 65535", "images[0]", "'width'", "'height'", "65535 x 65535", "at most 100000000")]
    [InlineData("a.jpg", "a\\u0000.jpg", "images[0]", "'file_name'", "empty")]
    [InlineData("\"width\": 10", "\"width\": 0", "images[0]", "'width'", "allowed are 1 to 65535")]
    [InlineData("[{\"id\": 3", "[{\"id\": 3, \"name\": \"dog\"}, {\"id\": 3", "categories[1]", "id 3", "twice")]
    public void Score_WrongTruth_NamesEntryAndField(string right, string wrong, params string[] messages)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(right, Truth, StringComparison.Ordinal);
        var truth = folder.Write("gt.json", Truth.Replace(right, wrong, StringComparison.Ordinal));
        var exception = Assert.Throws<RecipeException>(() => ObjectFiles.Score(truth, folder.Write("pred.json", Prediction), withMasks: true, cancellationToken: TestContext.Current.CancellationToken));
        Assert.All(messages, message => Assert.Contains(message, exception.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"score\": 0.5, ", "", "pred.json", "[0]", "'score'", "missing")]
    [InlineData("\"score\": 0.5", "\"score\": 1e999", "pred.json", "[0]", "'score'")]
    [InlineData("\"score\": 0.5", "\"score\": \"high\"", "pred.json", "line 1", "$[0].score")]
    [InlineData("\"category_id\": 3", "\"category_id\": 4", "none", "[0]", "'category_id'", "'categories'")]
    [InlineData("53]", "54]", "[0]", "'segmentation.counts'")]
    [InlineData("\"segmentation\"", "\"segment\"", "[0]", "'segmentation'", "missing")]
    [InlineData("[{", "{\"annotations\": [[", "pred.json", "line 1")]
    public void Score_WrongPrediction_NamesEntryAndField(string right, string wrong, params string[] messages)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(right, Prediction, StringComparison.Ordinal);
        var prediction = folder.Write("pred.json", Prediction.Replace(right, wrong, StringComparison.Ordinal));
        var exception = Assert.Throws<RecipeException>(() => ObjectFiles.Score(folder.Write("gt.json", Truth), prediction, withMasks: true, cancellationToken: TestContext.Current.CancellationToken));
        Assert.All(messages, message => Assert.Contains(message, exception.Message, StringComparison.Ordinal));
    }

    private static void Equal(JsonNode expected, PrecisionScore actual, ObjectFileScore scored)
    {
        for (var i = 0; i < PrecisionScore.Names.Count; i++)
        {
            MetricFixtures.Equal(expected["stats"]![PrecisionScore.Names[i]]!, actual.Numbers[i], PrecisionScore.Names[i]);
        }

        var classes = expected["per_category"]!.AsObject();
        for (var i = 0; i < scored.Classes.Count; i++)
        {
            // pycocotools' list has only classes with objects.
            var id = scored.Classes[i].Id.ToString(CultureInfo.InvariantCulture);
            MetricFixtures.Equal(classes[id] ?? -1.0, actual.PerClass[i], id);
        }
    }
}
