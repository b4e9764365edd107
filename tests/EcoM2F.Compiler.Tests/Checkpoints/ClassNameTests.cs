using System.Text.Json.Nodes;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Tests.Checkpoints;

public sealed class ClassNameTests
{
    [Fact]
    public void Match_PanopticList_KnowsThingsAndStuff()
    {
        var classes = CocoClasses.Match(Panoptic())!;
        Assert.Equal(133, classes.Count);
        Assert.Equal(80, classes.Count(c => c.Isthing));
        Assert.True(classes.Single(c => c.Name == "toothbrush").Isthing);
        Assert.False(classes.Single(c => c.Name == "rug-merged").Isthing);
        Assert.Equal(Enumerable.Range(0, 133), classes.Select(c => c.Id));
        Assert.All(classes, c => Assert.True(ModelClass.IsColor(c.Color)));
    }

    [Fact]
    public void Match_OtherOrder_FollowsTheLabels()
    {
        var labels = Panoptic().Reverse().ToList();
        var classes = CocoClasses.Match(labels)!;
        Assert.Equal(labels, classes.Select(c => c.Name));
        Assert.False(classes[0].Isthing);
        Assert.True(classes[^1].Isthing);
    }

    [Fact]
    public void Match_InstanceList_IsAllThings() => Assert.All(CocoClasses.Match(Panoptic()[..80])!, c => Assert.True(c.Isthing));

    [Fact]
    public void Match_OtherLists_AreNotCocos()
    {
        Assert.Null(CocoClasses.Match(Panoptic()[..79]));
        Assert.Null(CocoClasses.Match([.. Panoptic()[..79], "unicorn"]));
        Assert.Null(CocoClasses.Match([.. Panoptic()[..79], "person"])); // twice
        Assert.Null(CocoClasses.Match(["person"]));
    }

    [Fact]
    public void Read_AnyOrder_GoesByIndex() =>
        Assert.Equal(["a", "b", "c"], Read("""{"id2label": {"2": "c", "0": "a", "1": "b"}}"""));

    [Fact]
    public void Read_Gap_IsFilled() =>
        Assert.Equal(["a", "LABEL_1", "LABEL_2", "d"], Read("""{"id2label": {"3": "d", "0": "a"}}"""));

    [Theory]
    [InlineData("""{"id2label": {}}""")]
    [InlineData("""{"id2label": ["a"]}""")]
    [InlineData("""{"id2label": {"a": "b"}}""")]
    [InlineData("""{"id2label": {"-1": "b"}}""")]
    [InlineData("""{"id2label": {"0": "a", "00": "b"}}""")]
    [InlineData("""{"id2label": {"0": 5}}""")]
    [InlineData("""{"id2label": {"0": null}}""")]
    [InlineData("""{"id2label": {"0": ""}}""")]
    [InlineData("""{"id2label": {"2000000000": "b"}}""")]
    public void Read_NotALabelList_NamesTheKey(string json) =>
        Assert.Contains("'id2label'", Assert.Throws<CompileException>(() => Read(json)).Message);

    /// <summary>Hugging Face leaves out what equals its default: two labels without names.</summary>
    [Theory]
    [InlineData("{}", 2)]
    [InlineData("""{"id2label": null}""", 2)]
    [InlineData("""{"num_labels": 3}""", 3)]
    public void Read_NoNames_NumbersTheLabels(string json, int count) =>
        Assert.Equal(Enumerable.Range(0, count).Select(static i => $"LABEL_{i}"), Read(json));

    private static IReadOnlyList<string> Read(string json) => LabelNames.Read(new ConfigKeys((JsonObject)JsonNode.Parse(json)!, "config.json"), DetectorTensors.Reader, "classifier", hasNoObject: false);

    private static string[] Panoptic() => [.. CocoClasses.Panoptic];
}
