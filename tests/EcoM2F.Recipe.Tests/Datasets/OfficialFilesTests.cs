using System.Text;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Scoring;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Datasets;

/// <summary>Files as the official tools and common exports write them: what pycocotools and panopticapi read is read, and counts as it does there.</summary>
public sealed class OfficialFilesTests : IDisposable
{
    private const string Square = "[[0, 0, 2, 0, 2, 2, 0, 2]]";

    private static readonly ModelClass[] Person = [new(0, "person", Isthing: true, "#000000")];

    private readonly SmallSet _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("set.json")]
    [InlineData("set_det.json")]
    public void Open_PolygonWithoutHeight_IsAnObjectThatNothingMatches(string file)
    {
        var set = Open("degenerate", file);
        var truth = ((ObjectDataset)set).Truth(Assert.Single(set.Images));
        Assert.Equal([1200.0, 0.0], truth.Select(static item => item.Area));
        Assert.Empty(set.Notes);
    }

    [Fact]
    public void Score_PolygonWithoutHeight_IsMissed()
    {
        var scored = Score(Fixture("degenerate", "instances.json"), Fixture("degenerate", "results.json"));
        Assert.Equal(0.5, scored.Masks!.Numbers[8], MetricFixtures.Tolerance); // one of two objects is found
        Assert.Empty(scored.Notes);
    }

    [Fact]
    public void Open_WholeNumbersAsFloats_AreRead()
    {
        var set = Open("floats", "set.json");
        Assert.Equal(("1", 96, 64), (set.Images[0].Id, set.Images[0].Width, set.Images[0].Height));
        Assert.False(Assert.Single(((ObjectDataset)set).Truth(set.Images[0])).IsCrowd);
    }

    [Theory]
    [InlineData("[[0, 0, 2, 0, 2, 2, 0, 2, 9]]", 4)] // an odd last number has no partner
    [InlineData("[[0, 0, 2, 0, 2, 2, 0, 2], [1, 1, 3, 3], [1, 1], []]", 4)] // too short to cover anything
    [InlineData("[[1, 1, 3, 1, 2]]", 0)] // two points
    [InlineData("[[1, 1, 3, 1, 2, 1]]", 0)]
    [InlineData("[[20, 1, 24, 1, 24, 3]]", 0)] // outside
    [InlineData("""{"size": [3.0, 4.0], "counts": [12.0]}""", 0)]
    [InlineData("""{"size": [3, 4], "counts": [0, 2.0, 10]}""", 2)]
    public void Truth_SegmentationThatPycocotoolsReads_CoversWhatItCoversThere(string segmentation, int pixels)
    {
        _files.Replace("objects.json", Square, segmentation);
        var set = _files.Open(SmallSet.Instance);
        Assert.Equal(pixels, ((ObjectDataset)set).Truth(set.Images[0])[0].Mask!.Area);
        Assert.Empty(set.Notes);
    }

    [Theory]
    [InlineData(Square, "[]", "'segmentation'")]
    [InlineData(Square, "[[]]", "'segmentation'")]
    [InlineData(Square, "[[1, 1]]", "'segmentation'")]
    [InlineData(Square, "[[1, 1, 2, 2]]", "'segmentation'")]
    [InlineData("\"id\": 31, \"image_id\": 3", "\"id\": 31, \"image_id\": 4", "'image_id'")]
    [InlineData("\"image_id\": 3, \"category_id\": 1, \"iscrowd\": 0", "\"image_id\": 3, \"category_id\": 77, \"iscrowd\": 0", "'category_id'")]
    public void Open_ObjectThatOfficialToolsPassOver_IsLeftOutWithOneLine(string right, string wrong, string field)
    {
        _files.Replace("objects.json", right, wrong);
        var set = _files.Open(SmallSet.Instance);
        Assert.True(Assert.Single(((ObjectDataset)set).Truth(set.Images[0])).IsCrowd);
        var note = Assert.Single(set.Notes);
        Assert.All((string[])["objects.json", "1 entry", field, "id 31"], part => Assert.Contains(part, note, StringComparison.Ordinal));
    }

    [Fact]
    public void Open_ManyLeftOut_NamesTheFirstThree()
    {
        var more = string.Concat(Enumerable.Range(50, 4).Select(static id => $$"""{"id": {{id}}, "image_id": 3, "category_id": 1, "iscrowd": 0, "area": 4, "bbox": [0, 0, 2, 2], "segmentation": []}, """));
        _files.Replace("objects.json", "{\"id\": 31,", more + "{\"id\": 31,");
        var note = Assert.Single(_files.Open(SmallSet.Instance).Notes);
        Assert.Contains("4 entries", note, StringComparison.Ordinal);
        Assert.Contains("id 50, id 51, id 52, ...", note, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_BoxesWithoutMasks_AreReadForDetectionAndRefusedForInstance()
    {
        foreach (var segmentation in (string[])[Square, "{\"size\": [3, 4], \"counts\": [9, 3]}", "[[2, 2, 3, 2, 3, 3, 2, 3]]"])
        {
            _files.Replace("objects.json", segmentation, "[]");
        }

        Assert.Empty(_files.Open(SmallSet.Instance.Replace("instance", "detection", StringComparison.Ordinal)).Notes);
        var message = Assert.Throws<RecipeException>(() => _files.Open(SmallSet.Instance)).Message;
        Assert.All((string[])["none of its 3", "'segmentation'"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"id\": 7, \"name\": \"root\"}")]
    [InlineData("{\"id\": 7, \"name\": \"cat\"}")]
    public void Open_CategoryThatNothingUses_NeedsNoClass(string category)
    {
        _files.Replace("objects.json", "{\"id\": 1, \"name\": \"cat\"}", $"{category}, {{\"id\": 1, \"name\": \"cat\"}}");
        _files.Replace("panoptic.json", "{\"id\": 1, \"name\": \"cat\"}", $"{category}, {{\"id\": 1, \"name\": \"cat\"}}");
        Assert.Equal(2, _files.Open(SmallSet.Instance).Images.Count);
        Assert.Equal(2, _files.Open(SmallSet.Panoptic).Images.Count);
    }

    [Fact]
    public void Open_UnusedCategoriesWithoutMapping_NeedNoClass()
    {
        _files.Replace("objects.json", "{\"id\": 1, \"name\": \"cat\"}", "{\"id\": 1, \"name\": \"animal\"}, {\"id\": 0, \"name\": \"root\"}, {\"id\": 8, \"name\": \"animal\"}, {\"id\": 2, \"name\": \"air\"}");
        _files.Replace("objects.json", "\"category_id\": 9", "\"category_id\": 1");
        Assert.Equal(2, _files.Open("""{"task": "instance", "images": "images", "annotations": "objects.json"}""").Images.Count);
    }

    [Fact]
    public void Open_SemanticCategoryThatNoPixelHas_NeedsNoClass()
    {
        const string Set = """{"task": "semantic", "images": "images", "segments": "labels", "annotations": "categories.json"}""";
        File.WriteAllText(_files["categories.json"], """{"categories": [{"id": 0, "name": "animal"}, {"id": 1, "name": "air"}, {"id": 2, "name": "ground"}, {"id": 5, "name": "root"}]}""");
        Assert.Equal(2, _files.Open(Set).Images.Count);
        TestPng.WriteLabels(_files["labels/b.png"], SmallSet.Width, SmallSet.Height, [5, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1]);
        var message = Assert.Throws<RecipeException>(() => _files.Open(Set)).Message;
        Assert.All((string[])["b.png", "pixel 0, 0", "label 5", "'root'", "animal, air, ground"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Open_SizeOfAFileThatExifTurns_NamesExif()
    {
        var path = Path.Combine(Path.GetDirectoryName(_files["set.json"])!, "images", "a.png");
        using (var image = NetVips.Image.Black(SmallSet.Width, SmallSet.Height, 3).Mutate(static image => image.Set(NetVips.GValue.GIntType, "orientation", 6)))
        {
            File.WriteAllBytes(path, image.JpegsaveBuffer());
        }

        foreach (var set in (string[])[SmallSet.Instance, SmallSet.Panoptic, SmallSet.Semantic])
        {
            var message = Assert.Throws<RecipeException>(() => _files.Open(set)).Message;
            Assert.All((string[])["EXIF", "a.png", "3 x 4"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Open_ByteOrderMarks_AreSkipped()
    {
        foreach (var name in (string[])["objects.json", "panoptic.json", "labels.json"])
        {
            File.WriteAllText(_files[name], File.ReadAllText(_files[name]), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        }

        Assert.Equal(2, _files.Open("\uFEFF" + SmallSet.Instance).Images.Count);
        Assert.Equal(2, _files.Open("\uFEFF" + SmallSet.Panoptic).Images.Count);
    }

    [Fact]
    public void Open_PanopticFloats_AreRead()
    {
        _files.Replace("panoptic.json", "\"id\": 300, \"category_id\": 1, \"area\": 4, \"iscrowd\": 0", "\"id\": 300.0, \"category_id\": 1.0, \"area\": 4.0, \"iscrowd\": 0.0");
        _files.Replace("panoptic.json", "\"image_id\": 3,", "\"image_id\": 3.0,");
        Assert.Equal(2, _files.Open(SmallSet.Panoptic).Images.Count);
    }

    [Fact]
    public void Open_PanopticAnnotationOfNoListedImage_IsLeftOutWithOneLine()
    {
        _files.Replace("panoptic.json", "{\"image_id\": 12,", "{\"image_id\": 99, \"file_name\": \"c_ids.png\", \"segments_info\": []}, {\"image_id\": 12,");
        var note = Assert.Single(_files.Open(SmallSet.Panoptic).Notes);
        Assert.All((string[])["panoptic.json", "1 entry", "'image_id'", "99"], part => Assert.Contains(part, note, StringComparison.Ordinal));
    }

    [Fact]
    public void Measure_TrueSegmentOfNoArea_IsMissed()
    {
        var truth = new PanopticMap("truth", 1, 1, [1], [new PanopticSegment(1, 0, 1), new PanopticSegment(2, 0, 0)]);
        var counts = PanopticMatcher.Count(truth, truth with { Name = "prediction", Segments = [new PanopticSegment(1, 0, 1)] });
        Assert.Equal(new ClassCounts(0, 1, TruePositives: 1, FalsePositives: 0, FalseNegatives: 1), Assert.Single(counts.Classes));
    }

    private static Dataset Open(string folder, string file) => Dataset.Open(Fixture(folder, file), Person, cancellationToken: TestContext.Current.CancellationToken);

    private static string Fixture(string folder, string file) => Path.Combine(RepositoryPaths.Fixtures, "coco", folder, file);

    private static ObjectFileScore Score(string truth, string predictions) =>
        ObjectFiles.Score(truth, predictions, withMasks: true, cancellationToken: TestContext.Current.CancellationToken);
}
