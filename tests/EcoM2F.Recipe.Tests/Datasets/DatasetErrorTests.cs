using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Datasets;

/// <summary>Whatever is wrong with a set is named when it is opened: file, entry, field, and what is allowed.</summary>
public sealed class DatasetErrorTests
{
    [Theory]
    [InlineData("\"task\": \"panoptic\"", "\"task\": \"depth\"", "set.json: 'task' is 'depth'; allowed are panoptic, instance, detection and semantic.")]
    [InlineData("\"task\": \"panoptic\", ", "", "set.json: 'task' is missing.")]
    [InlineData("\"segments\": \"ids\"", "\"segments\": \"none\"", "set.json: 'segments' is 'none', and there is no folder")]
    [InlineData("\"segments\": \"ids\", ", "", "set.json: 'segments' is missing.")]
    [InlineData("\"images\": \"images\"", "\"images\": \"../nowhere\"", "'images' is '../nowhere', and there is no folder")]
    [InlineData("panoptic.json", "nothing.json", "'annotations' is 'nothing.json', and there is no file")]
    [InlineData("\"segments\"", "\"segment\"", "the key 'segment' is unknown; allowed are task, images, annotations, segments, labels, mapping.")]
    [InlineData(", \"mapping\": \"small\"", "", "'labels' needs 'mapping', the name of one in that file.")]
    [InlineData("\"labels\": \"labels.json\", ", "", "'mapping' needs 'labels', the file that holds it.")]
    [InlineData("\"small\"", "\"large\"", "labels.json: there is no mapping 'large'; it has small.")]
    [InlineData(", \"labels\": \"labels.json\", \"mapping\": \"small\"", "", "panoptic.json: categories that the model does not know: cat, sky, cloud, text. It knows animal, air, ground;")]
    [InlineData("{\"task\"", "[\"task\"", "set.json, line 1: $")]
    [InlineData("\"task\": \"panoptic\"", "\"task\": 7", "set.json, line 1: $.task")]
    public void Open_WrongDatasetFile_NamesTheKey(string right, string wrong, string message)
    {
        using var files = new SmallSet();
        Assert.Contains(right, SmallSet.Panoptic, StringComparison.Ordinal);
        Fails(files, SmallSet.Panoptic.Replace(right, wrong, StringComparison.Ordinal), message);
    }

    [Theory]
    [InlineData("\"area\": 4", "\"area\": 5", "panoptic.json: annotations[1] (image 3): ", "a_ids.png: segment 300: 'area' is 5, and 4 pixels have its id.")]
    [InlineData("\"id\": 6,", "\"id\": 8,", "segment 8 has no pixels.")]
    [InlineData(", {\"id\": 6, \"category_id\": 9, \"area\": 1, \"iscrowd\": 0}", "", "1 pixels have id 6, which no segment has.")]
    [InlineData("\"id\": 6,", "\"id\": 5,", "two segments have id 5.")]
    [InlineData("\"category_id\": 9", "\"category_id\": 8", "annotations[1] (image 3): segments_info[3]: 'category_id' is 8, which no entry of 'categories' has; there are 1, 2, 5, 9.")]
    [InlineData("a_ids.png", "c_ids.png", "There is no file", "c_ids.png.")]
    [InlineData("\"a.png\", \"width\": 4", "\"a.png\", \"width\": 5", "images[1]: 'width' and 'height' are 5 and 3, and ", "a.png has 4 x 3 pixels.")]
    [InlineData("\"a.png\"", "\"c.png\"", "panoptic.json: images[1]: there is no image ", "c.png.")]
    [InlineData("\"a.png\"", "\"b.png\"", "images[1]: 'file_name' b.png is there twice.")]
    [InlineData("{\"id\": 3,", "{\"id\": 12,", "images[1]: 'id' 12 is there twice.")]
    [InlineData("\"image_id\": 12", "\"image_id\": 13", "annotations[0] (image 13): 'image_id' is 13, which no entry of 'images' has.")]
    [InlineData("\"image_id\": 12", "\"image_id\": 3", "annotations[1] (image 3): the image is there twice.")]
    [InlineData("\"file_name\": \"b.png\", ", "", "images[0]: 'file_name' is missing.")]
    [InlineData("\"iscrowd\": 1}]}", "\"iscrowd\": 2}]}", "iscrowd: 0 or 1 was expected.")]
    [InlineData("\"cloud\"", "\"fog\"", "panoptic.json: categories that mapping 'small' of ", "does not have: fog; every category needs a class there, or null for void.")]
    [InlineData("\"id\": 5, \"name\": \"cloud\"", "\"id\": 2, \"name\": \"cloud\"", "categories[2]: id 2 is there twice.")]
    public void Open_WrongPanopticAnnotations_NamesTheEntry(string right, string wrong, params string[] messages)
    {
        using var files = new SmallSet();
        files.Replace("panoptic.json", right, wrong);
        Fails(files, SmallSet.Panoptic, messages);
    }

    [Theory]
    [InlineData("\"id\": 32", "\"id\": 31", "annotations[1] (id 31): 'id' 31 is there twice.")]
    [InlineData("\"image_id\": 3, \"category_id\": 9", "\"image_id\": 4, \"category_id\": 9", "annotations[2] (id 33): 'image_id' is 4, which no entry of 'images' has.")]
    [InlineData("[9, 3]", "[12]", "annotations[1] (id 32): 'segmentation' covers no pixel of its image.")]
    [InlineData("[3, 4]", "[4, 3]", "'segmentation.size' is [4, 3]; its image has [3, 4] (height, width).")]
    [InlineData("{\"id\": 9, \"name\": \"text\"}", "{\"id\": 9, \"name\": \"sky\"}", "categories that become stuff: 9 (air); objects are of thing classes")]
    [InlineData("\"bbox\": [0, 0, 2, 2]", "\"bbox\": [0, 0, -2, 2]", "'bbox' is [0, 0, -2, 2]; allowed are")]
    public void Open_WrongObjectAnnotations_NamesTheEntry(string right, string wrong, string message)
    {
        using var files = new SmallSet();
        files.Replace("objects.json", right, wrong);
        Fails(files, SmallSet.Instance, message);
    }

    [Fact]
    public void Open_ImagesWithoutEntry_AreNamed()
    {
        using var files = new SmallSet();
        files.Replace("panoptic.json", "{\"id\": 3, \"file_name\": \"a.png\"", "{\"id\": 4, \"file_name\": \"c.png\", \"width\": 4, \"height\": 3}, {\"id\": 3, \"file_name\": \"a.png\"");
        Fails(files, SmallSet.Panoptic, "panoptic.json: images[1]: no entry of 'annotations' has 'image_id' 4.");
    }

    [Fact]
    public void Open_PngOfOtherSize_IsNamed()
    {
        using var files = new SmallSet();
        TestPng.WriteIds(files["ids/b_ids.png"], 3, 4, [7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Fails(files, SmallSet.Panoptic, "annotations[0] (image 12): ", "b_ids.png has 3 x 4 pixels; its image has 4 x 3.");
    }

    [Fact]
    public void Open_DamagedImageAndPng_AreBothNamed()
    {
        using var files = new SmallSet();
        File.WriteAllText(files["images/a.png"], "no image");
        File.WriteAllText(files["ids/b_ids.png"], "no image");
        Fails(files, SmallSet.Panoptic, "a.png cannot be read: The bytes are no image that is served", "b_ids.png cannot be read as a label PNG: it is no PNG.");
    }

    [Fact]
    public void Open_GreyPngForSegments_IsRefused()
    {
        using var files = new SmallSet();
        TestPng.WriteLabels(files["ids/b_ids.png"], 4, 3, [7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Fails(files, SmallSet.Panoptic, "b_ids.png has one channel; segment ids are R + 256 G + 65536 B.");
    }

    [Fact]
    public void Open_SegmentsForInstances_IsRefused()
    {
        using var files = new SmallSet();
        Fails(files, SmallSet.Instance.Replace("\"labels\"", "\"segments\": \"ids\", \"labels\"", StringComparison.Ordinal), "'segments' is for panoptic and semantic sets; the masks of this one are in 'annotations'.");
    }

    [Fact]
    public void Open_MappingToAClassThatIsNot_NamesIt()
    {
        using var files = new SmallSet();
        files.Replace("labels.json", "\"animal\"", "\"beast\"");
        Fails(files, SmallSet.Panoptic, "labels.json: mapping 'small' leads to classes that the model does not have: beast; it has animal, air, ground.");
    }

    [Fact]
    public void Open_SemanticLabelThatIsNoClass_NamesPixel()
    {
        using var files = new SmallSet();
        TestPng.WriteLabels(files["labels/b.png"], 4, 3, [0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0]);
        Fails(files, SmallSet.Semantic, "b.png: pixel 1, 1 has label 3, which is no class of the model (0 to 2), nor 255 for void.");
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
        Fails(files, SmallSet.Semantic.Replace("}", ", \"labels\": \"labels.json\", \"mapping\": \"small\"}", StringComparison.Ordinal), "'mapping' needs 'annotations', a JSON file whose 'categories' say id and name of each label.");
    }

    private static void Fails(SmallSet files, string dataset, params string[] messages)
    {
        var exception = Assert.Throws<RecipeException>(() => files.Open(dataset));
        Assert.All(messages, message => Assert.Contains(message, exception.Message, StringComparison.Ordinal));
    }
}
