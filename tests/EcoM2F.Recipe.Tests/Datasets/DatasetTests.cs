using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Datasets;

public sealed class DatasetTests
{
    [Fact]
    public void Open_Panoptic_HasImagesInOrderOfTheirIds()
    {
        using var files = new SmallSet();
        var set = files.Open(SmallSet.Panoptic);
        Assert.Equal("panoptic", set.Task);
        Assert.Equal(
            [new DatasetImage(0, "3", "a.png", files["images/a.png"], 4, 3), new DatasetImage(1, "12", "b.png", files["images/b.png"], 4, 3)],
            set.Images);
    }

    [Fact]
    public void Truth_MappedPanoptic_HasOneSegmentPerStuffClassAndNoVoid()
    {
        using var files = new SmallSet();
        var set = Assert.IsType<PanopticDataset>(files.Open(SmallSet.Panoptic));
        var truth = set.Truth(set.Images[0]);

        // Sky and cloud, a crowd in the file, are air; text is void.
        Assert.Equal([new PanopticSegment(300, 0, 4), new PanopticSegment(70000, 1, 5)], truth.Segments);
        Assert.Equal([300, 300, 70000, 70000, 300, 300, 0, 70000, 70000, 70000, 0, 0], truth.Ids);
        Assert.Equal([new PanopticSegment(7, 0, 2, IsCrowd: true)], set.Truth(set.Images[1]).Segments);
    }

    [Fact]
    public void Truth_CrowdOfStuff_IsStuffLikeAnyOther()
    {
        using var files = new SmallSet();
        files.Replace("panoptic.json", "\"id\": 7, \"category_id\": 1", "\"id\": 7, \"category_id\": 5");
        var set = Assert.IsType<PanopticDataset>(files.Open(SmallSet.Panoptic));
        Assert.Equal([new PanopticSegment(7, 1, 2)], set.Truth(set.Images[1]).Segments);
    }

    [Fact]
    public void Truth_MappedInstances_LeavesVoidOut()
    {
        using var files = new SmallSet();
        var set = Assert.IsType<ObjectDataset>(files.Open(SmallSet.Instance));
        var truth = set.Truth(set.Images[0]);
        Assert.Equal([(0, 4, false), (0, 3, true)], truth.Select(static item => (item.ClassId, item.Mask!.Area, item.IsCrowd)));
        Assert.Equal(new Box(3, 0, 1, 3), truth[1].Box);
        Assert.Empty(set.Truth(set.Images[1]));
        Assert.Equal(OverlapKind.Mask, set.Kind);
    }

    [Theory]
    [InlineData("0", "2", 0, 2)] // the classes' own ids
    [InlineData("2", "0", 2, 0)]
    [InlineData("1", "9", 0, 2)] // other ids: in their order
    [InlineData("9", "1", 2, 0)]
    public void Open_ClassesOfOneName_AreToldApartByTheirIds(string first, string second, int firstClass, int secondClass)
    {
        using var files = new SmallSet();
        var set = Assert.IsType<ObjectDataset>(OpenNamesakes(files, first, second));
        Assert.Equal([firstClass, firstClass, secondClass], set.Truth(set.Images[0]).Select(static item => item.ClassId));
    }

    [Fact]
    public void Open_ClassesOfOneNameAndOneOddCategory_IsAnError()
    {
        using var files = new SmallSet();
        files.Replace("objects.json", "{\"id\": 9, \"name\": \"text\"}", "{\"id\": 9, \"name\": \"air\"}");
        var message = Assert.Throws<RecipeException>(() => OpenNamesakes(files, "1", "9")).Message;
        Assert.Contains("objects.json", message, StringComparison.Ordinal);
        Assert.Contains("'N/A'", message, StringComparison.Ordinal);
        Assert.Contains("0 and 2", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Truth_Detections_NeedNoMasks()
    {
        using var files = new SmallSet();
        files.Replace("objects.json", ", \"segmentation\": [[0, 0, 2, 0, 2, 2, 0, 2]]", "");
        var set = Assert.IsType<ObjectDataset>(files.Open(SmallSet.Instance.Replace("instance", "detection", StringComparison.Ordinal)));
        Assert.Equal([new Box(0, 0, 2, 2), new Box(3, 0, 1, 3)], set.Truth(set.Images[0]).Select(static item => item.Box));
        Assert.Equal(OverlapKind.Box, set.Kind);
    }

    [Fact]
    public void Truth_Semantic_IsTheModelsClasses()
    {
        using var files = new SmallSet();
        var set = Assert.IsType<SemanticDataset>(files.Open(SmallSet.Semantic));
        Assert.Equal(["a.png", "b.png"], set.Images.Select(static image => image.Name));
        Assert.Equal([0, 0, 1, 1, 0, 0, 255, 1, 2, 2, 2, 255], set.Truth(set.Images[0]).Labels);
    }

    [Fact]
    public void Open_SemanticFolderFromAMac_HasItsImagesAlone()
    {
        using var files = new SmallSet();
        foreach (var hidden in (string[])["images/._a.png", "images/.DS_Store", "images/Thumbs.db", "labels/._a.png"])
        {
            File.WriteAllBytes(files[hidden], [0, 5, 0x16, 7]);
        }

        Assert.Equal(["a.png", "b.png"], files.Open(SmallSet.Semantic).Images.Select(static image => image.Name));
    }

    [Fact]
    public void Open_SemanticImageOfAnyExtension_IsPartOfTheSet()
    {
        using var files = new SmallSet();
        File.Move(files["images/a.png"], files["images/a.JFIF"]); // the format is told by the bytes
        Assert.Equal(["a.JFIF", "b.png"], files.Open(SmallSet.Semantic).Images.Select(static image => image.Name));
    }

    [Fact]
    public void Open_SemanticImagesOfOneStem_HaveLabelsOfTheirWholeNames()
    {
        using var files = new SmallSet();
        File.Copy(files["images/b.png"], files["images/a.jpg"]);
        Assert.Contains("a.png.png", Assert.Throws<RecipeException>(() => files.Open(SmallSet.Semantic)).Message, StringComparison.Ordinal);

        File.Copy(files["labels/b.png"], files["labels/a.jpg.png"]);
        var set = Assert.IsType<SemanticDataset>(files.Open(SmallSet.Semantic));
        Assert.Equal(["a.jpg", "a.png", "b.png"], set.Images.Select(static image => image.Name));
        Assert.Equal(set.Truth(set.Images[2]).Labels, set.Truth(set.Images[0]).Labels);
        Assert.NotEqual(set.Truth(set.Images[1]).Labels, set.Truth(set.Images[0]).Labels);
    }

    [Fact]
    public void Truth_SemanticWithCategories_IsMapped()
    {
        using var files = new SmallSet();
        File.WriteAllText(files["categories.json"], """{"categories": [{"id": 0, "name": "sky"}, {"id": 1, "name": "cat"}, {"id": 2, "name": "text"}]}""");
        var set = Assert.IsType<SemanticDataset>(files.Open("""{"task": "semantic", "images": "images", "segments": "labels", "annotations": "categories.json", "labels": "labels.json", "mapping": "small"}"""));
        Assert.Equal([1, 1, 0, 0, 1, 1, 255, 0, 255, 255, 255, 255], set.Truth(set.Images[0]).Labels);
    }

    [Fact]
    public void Open_WithoutMapping_MatchesNames()
    {
        using var files = new SmallSet();
        files.Replace("objects.json", "\"cat\"", "\"animal\"");
        files.Replace("objects.json", ", {\"id\": 9, \"name\": \"text\"}", "");
        files.Replace("objects.json", "\"category_id\": 9", "\"category_id\": 1");
        var set = Assert.IsType<ObjectDataset>(files.Open("""{"task": "instance", "images": "images", "annotations": "objects.json"}"""));
        Assert.Equal(3, set.Truth(set.Images[0]).Count);
    }

    [Fact]
    public void Open_AnySet_ReportsEveryImage()
    {
        using var files = new SmallSet();
        var seen = new List<DatasetProgress>();
        files.Open(SmallSet.Panoptic, new Recorder(seen));
        Assert.Equal([new DatasetProgress(1, 2), new DatasetProgress(2, 2)], seen);
    }

    [Fact]
    public void Hash_SameFilesElsewhere_IsTheSame()
    {
        using var first = new SmallSet();
        using var second = new SmallSet();
        second.Replace("labels.json", "{\"classes\": [],", "{");
        Assert.Equal(first.Open(SmallSet.Panoptic).Hash, second.Open(SmallSet.Panoptic).Hash);
        Assert.Equal(first.Open(SmallSet.Instance).Hash, second.Open(SmallSet.Instance).Hash);
        Assert.Equal(first.Open(SmallSet.Semantic).Hash, second.Open(SmallSet.Semantic).Hash);
        Assert.Matches("^[0-9a-f]{16}$", first.Open(SmallSet.Semantic).Hash);
    }

    [Fact]
    public void Hash_AnyChange_IsAnother()
    {
        using var files = new SmallSet();
        var hashes = new HashSet<string> { files.Open(SmallSet.Panoptic).Hash, files.Open(SmallSet.Instance).Hash, files.Open(SmallSet.Semantic).Hash };
        Assert.Equal(3, hashes.Count);

        files.Replace("labels.json", "\"cloud\": \"air\"", "\"cloud\": \"ground\"");
        Assert.True(hashes.Add(files.Open(SmallSet.Panoptic).Hash));
        TestPng.WriteIds(files["images/b.png"], 4, 3, new int[12]);
        Assert.True(hashes.Add(files.Open(SmallSet.Panoptic).Hash));
        TestPng.WriteIds(files["ids/b_ids.png"], 4, 3, [0, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.True(hashes.Add(files.Open(SmallSet.Panoptic).Hash));
        files.Replace("panoptic.json", "\"iscrowd\": 1}]}", "\"iscrowd\": 0}]}");
        Assert.True(hashes.Add(files.Open(SmallSet.Panoptic).Hash));
        Assert.True(hashes.Add(files.Open(SmallSet.Semantic).Hash));
    }

    [Fact]
    public void Truth_PngThatChangedSince_IsAnError()
    {
        using var files = new SmallSet();
        var set = Assert.IsType<PanopticDataset>(files.Open(SmallSet.Panoptic));
        TestPng.WriteIds(files["ids/b_ids.png"], 4, 3, [7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Contains("segment 7: 'area' is 2", Assert.Throws<RecipeException>(() => set.Truth(set.Images[1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Truth_FromManyThreads_IsTheSame()
    {
        using var files = new SmallSet();
        var set = Assert.IsType<PanopticDataset>(files.Open(SmallSet.Panoptic));
        var expected = set.Truth(set.Images[0]);
        Parallel.For(0, 64, _ => Assert.Equal(expected.Ids, set.Truth(set.Images[0]).Ids));
    }

    /// <summary>Objects of two categories called N/A, for a model with two such classes.</summary>
    private static Dataset OpenNamesakes(SmallSet files, string first, string second)
    {
        var text = File.ReadAllText(files["objects.json"]);
        foreach (var (old, name, id) in (ReadOnlySpan<(string, string, string)>)[("1", "cat", first), ("9", "text", second)])
        {
            text = text.Replace($"{{\"id\": {old}, \"name\": \"{name}\"}}", $"{{\"id\": {id}, \"name\": \"N/A\"}}", StringComparison.Ordinal)
                .Replace($"\"category_id\": {old},", $"\"category_id\": <{id}>,", StringComparison.Ordinal);
        }

        File.WriteAllText(files["objects.json"], text.Replace("<", "", StringComparison.Ordinal).Replace(">", "", StringComparison.Ordinal));
        File.WriteAllText(files["set.json"], """{"task": "instance", "images": "images", "annotations": "objects.json"}""");
        return Dataset.Open(files["set.json"], [SmallSet.Classes[0] with { Name = "N/A" }, SmallSet.Classes[1], SmallSet.Classes[2] with { Name = "N/A", Isthing = true }]);
    }

    private sealed class Recorder(List<DatasetProgress> seen) : IProgress<DatasetProgress>
    {
        public void Report(DatasetProgress value) => seen.Add(value);
    }
}
