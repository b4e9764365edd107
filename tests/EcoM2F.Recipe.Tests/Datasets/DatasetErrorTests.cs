using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Datasets;

/// <summary>Whatever is wrong with a set is named when it is opened: file, entry, field, and what is allowed.</summary>
public sealed class DatasetErrorTests
{
    [Theory]
    [InlineData("\"task\": \"panoptic\"", "\"task\": \"depth\"", "set.json", "'task'", "'depth'", "panoptic, instance")]
    [InlineData("\"task\": \"panoptic\", ", "", "set.json", "'task'", "missing")]
    [InlineData("\"segments\": \"ids\"", "\"segments\": \"none\"", "set.json", "'segments'", "'none'", "no folder")]
    [InlineData("\"segments\": \"ids\", ", "", "set.json", "'segments'", "missing")]
    [InlineData("\"images\": \"images\"", "\"images\": \"../nowhere\"", "'images'", "'../nowhere'", "no folder")]
    [InlineData("panoptic.json", "nothing.json", "'annotations'", "'nothing.json'", "no file")]
    [InlineData("\"segments\"", "\"segment\"", "'segment'", "unknown", "task, images")]
    [InlineData(", \"mapping\": \"small\"", "", "'labels'", "'mapping'")]
    [InlineData("\"labels\": \"labels.json\", ", "", "'mapping'", "'labels'")]
    [InlineData("\"small\"", "\"large\"", "labels.json", "'large'", "small")]
    [InlineData(", \"labels\": \"labels.json\", \"mapping\": \"small\"", "", "panoptic.json", "cat, sky, cloud, text", "animal, air, ground")]
    [InlineData("{\"task\"", "[\"task\"", "set.json", "line 1", "an object")]
    [InlineData("\"task\": \"panoptic\"", "\"task\": 7", "set.json", "line 1", "$.task", "text")]
    public void Open_WrongDatasetFile_NamesTheKey(string right, string wrong, params string[] messages)
    {
        using var files = new SmallSet();
        Assert.Contains(right, SmallSet.Panoptic, StringComparison.Ordinal);
        Fails(files, SmallSet.Panoptic.Replace(right, wrong, StringComparison.Ordinal), messages);
    }

    [Theory]
    [InlineData("\"area\": 4", "\"area\": 5", "panoptic.json", "annotations[1]", "(image 3)", "a_ids.png", "segment 300", "'area'", "4 pixels")]
    [InlineData("\"id\": 6,", "\"id\": 8,", "segment 8", "no pixels")]
    [InlineData(", {\"id\": 6, \"category_id\": 9, \"area\": 1, \"iscrowd\": 0}", "", "1 pixels", "id 6")]
    [InlineData("\"id\": 6,", "\"id\": 5,", "two segments", "id 5")]
    [InlineData("\"category_id\": 9", "\"category_id\": 8", "annotations[1]", "(image 3)", "segments_info[3]", "'category_id'", "'categories'", "1, 2, 5, 9")]
    [InlineData("a_ids.png", "c_ids.png", "There is no file", "c_ids.png.")]
    [InlineData("\"a.png\", \"width\": 4", "\"a.png\", \"width\": 5", "images[1]", "'width'", "'height'", "a.png", "4 x 3")]
    [InlineData("\"a.png\"", "\"c.png\"", "panoptic.json", "images[1]", "no image", "c.png.")]
    [InlineData("\"a.png\"", "\"b.png\"", "images[1]", "'file_name'", "b.png", "twice")]
    [InlineData("{\"id\": 3,", "{\"id\": 12,", "images[1]", "'id'", "twice")]
    [InlineData("\"image_id\": 12", "\"image_id\": 13", "images[0]", "'annotations'", "'image_id' 12")]
    [InlineData("\"image_id\": 12", "\"image_id\": 3", "annotations[1]", "(image 3)", "twice")]
    [InlineData("\"file_name\": \"b.png\", ", "", "images[0]", "'file_name'", "missing")]
    [InlineData("\"iscrowd\": 1}]}", "\"iscrowd\": 2}]}", "iscrowd", "0 or 1")]
    [InlineData("\"cloud\"", "\"fog\"", "panoptic.json", "'small'", "fog", "void")]
    [InlineData("\"id\": 5, \"name\": \"cloud\"", "\"id\": 2, \"name\": \"cloud\"", "categories[2]", "id 2", "twice")]
    public void Open_WrongPanopticAnnotations_NamesTheEntry(string right, string wrong, params string[] messages)
    {
        using var files = new SmallSet();
        files.Replace("panoptic.json", right, wrong);
        Fails(files, SmallSet.Panoptic, messages);
    }

    [Theory]
    [InlineData("\"id\": 32", "\"id\": 31", "annotations[1]", "(id 31)", "'id'", "twice")]
    [InlineData("[3, 4]", "[4, 3]", "'segmentation.size'")]
    [InlineData("{\"id\": 9, \"name\": \"text\"}", "{\"id\": 9, \"name\": \"sky\"}", "9 (air)", "stuff", "thing classes")]
    [InlineData("\"bbox\": [0, 0, 2, 2]", "\"bbox\": [0, 0, -2, 2]", "'bbox'")]
    public void Open_WrongObjectAnnotations_NamesTheEntry(string right, string wrong, params string[] messages)
    {
        using var files = new SmallSet();
        files.Replace("objects.json", right, wrong);
        Fails(files, SmallSet.Instance, messages);
    }

    [Fact]
    public void Open_ImagesWithoutEntry_AreNamed()
    {
        using var files = new SmallSet();
        files.Replace("panoptic.json", "{\"id\": 3, \"file_name\": \"a.png\"", "{\"id\": 4, \"file_name\": \"c.png\", \"width\": 4, \"height\": 3}, {\"id\": 3, \"file_name\": \"a.png\"");
        Fails(files, SmallSet.Panoptic, "panoptic.json", "images[1]", "'annotations'", "'image_id'");
    }

    [Fact]
    public void Open_PngOfOtherSize_IsNamed()
    {
        using var files = new SmallSet();
        TestPng.WriteIds(files["ids/b_ids.png"], 3, 4, [7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Fails(files, SmallSet.Panoptic, "annotations[0]", "(image 12)", "b_ids.png", "3 x 4", "4 x 3");
    }

    [Fact]
    public void Open_DamagedImageAndPng_AreBothNamed()
    {
        using var files = new SmallSet();
        File.WriteAllText(files["images/a.png"], "no image");
        File.WriteAllText(files["ids/b_ids.png"], "no image");
        Fails(files, SmallSet.Panoptic, "a.png cannot be read", "b_ids.png cannot be read");
    }

    [Fact]
    public void Open_GreyPngForSegments_IsRefused()
    {
        using var files = new SmallSet();
        TestPng.WriteLabels(files["ids/b_ids.png"], 4, 3, [7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Fails(files, SmallSet.Panoptic, "b_ids.png", "R + 256 G");
    }

    [Fact]
    public void Open_SegmentsForInstances_IsRefused()
    {
        using var files = new SmallSet();
        Fails(files, SmallSet.Instance.Replace("\"labels\"", "\"segments\": \"ids\", \"labels\"", StringComparison.Ordinal), "'segments'", "'annotations'");
    }

    [Fact]
    public void Open_MappingToAClassThatIsNot_NamesIt()
    {
        using var files = new SmallSet();
        files.Replace("labels.json", "\"animal\"", "\"beast\"");
        Fails(files, SmallSet.Panoptic, "labels.json", "'small'", "beast", "animal, air, ground");
    }

    [Fact]
    public void Open_SemanticLabelThatIsNoClass_NamesPixel()
    {
        using var files = new SmallSet();
        TestPng.WriteLabels(files["labels/b.png"], 4, 3, [0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0]);
        Fails(files, SmallSet.Semantic, "b.png", "0 to 2", "void");
    }

    [Theory]
    [InlineData("images/b.png", "labels/b.png: ")]
    [InlineData("labels/b.png", "There is no file ")]
    public void Open_SemanticPairThatIsNotWhole_NamesTheFile(string removed, string message)
    {
        using var files = new SmallSet();
        File.Delete(files[removed]);
        Fails(files, SmallSet.Semantic, message, "b.png");
    }

    [Fact]
    public void Open_SemanticMappingWithoutCategories_SaysWhatIsMissing()
    {
        using var files = new SmallSet();
        Fails(files, SmallSet.Semantic.Replace("}", ", \"labels\": \"labels.json\", \"mapping\": \"small\"}", StringComparison.Ordinal), "'mapping'", "'annotations'", "'categories'");
    }

    private static void Fails(SmallSet files, string dataset, params string[] messages)
    {
        var exception = Assert.Throws<RecipeException>(() => files.Open(dataset));
        Assert.All(messages, message => Assert.Contains(message, exception.Message, StringComparison.Ordinal));
    }
}
