using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Requests;

public sealed class RequestParametersTests
{
    private static readonly ModelManifest Model = TestManifest.Create() with
    {
        Tasks = ["panoptic", "instance", "semantic"],
        Classes = [new(0, "person", true, "#000000"), new(1, "sky", false, "#000000")],
    };

    [Fact]
    public void Read_Everything_IsRead()
    {
        var parameters = Read("task=semantic,instance,panoptic", "model=paper", "score-threshold=0.25", "mask-threshold=1", "overlap-threshold=0", "procedure=hf", "classes=sky,person", "min-area=12", "fill-holes=7", "mask-size=300", "confidence=true", "segmentation=polygon", "tolerance=2.5");

        Assert.Equal(SegmentationTasks.Panoptic | SegmentationTasks.Semantic | SegmentationTasks.Instance, parameters.Tasks);
        Assert.Equal((0.25f, 0.25f), (parameters.ScoreThreshold, parameters.InstanceScoreThreshold));
        Assert.Equal(1f, parameters.MaskThreshold);
        Assert.Equal(0f, parameters.OverlapThreshold);
        Assert.Equal("hf", parameters.Procedure);
        Assert.Equal([0, 1], parameters.KeptClasses!.Order());
        Assert.Equal((MaskSize.LongestEdge(300), true), (parameters.MaskSize, parameters.Confidence));
        Assert.Equal((12, 7, 2.5), (parameters.MinArea, parameters.FillHoles, parameters.PolygonTolerance));
    }

    [Fact]
    public void Read_Nothing_IsTheModelsDefaults()
    {
        var parameters = Read();

        Assert.Equal((float)Model.Postprocessing.ScoreThreshold, parameters.ScoreThreshold);
        Assert.Equal(0.5f, parameters.InstanceScoreThreshold);
        Assert.Equal(Model.Postprocessing.Procedure, parameters.Procedure);
        Assert.Null(parameters.KeptClasses);
        Assert.Equal((MaskSize.Original, false), (parameters.MaskSize, parameters.Confidence));
        Assert.Equal((0, 0, null), (parameters.MinArea, parameters.FillHoles, parameters.PolygonTolerance));
    }

    [Theory]
    [InlineData(SegmentationTasks.Panoptic, "instance", "panoptic")]
    [InlineData(SegmentationTasks.Semantic, "semantic", "instance")]
    public void Read_NoTask_IsPanopticOrTheFirst(SegmentationTasks expected, params string[] tasks) =>
        Assert.Equal(expected, RequestParameters.Read(Given(), Model with { Tasks = tasks }).Tasks);

    [Theory]
    [InlineData("colour=red", "colour")]
    [InlineData("Task=panoptic", "Task")]
    [InlineData("task=panoptic&task=instance", "task")]
    [InlineData("task=", "task")]
    [InlineData("task=panoptic,", "task")]
    [InlineData("task=panoptic,panoptic", "task")]
    [InlineData("task=Panoptic", "task")]
    [InlineData("task=detection", "task")]
    [InlineData("task=1", "task")]
    [InlineData("model=paper&model=paper", "model")]
    [InlineData("model=", "model")]
    [InlineData("score-threshold=1.01", "score-threshold")]
    [InlineData("score-threshold=-0.1", "score-threshold")]
    [InlineData("score-threshold=NaN", "score-threshold")]
    [InlineData("score-threshold=0,5", "score-threshold")]
    [InlineData("score-threshold=0.5&score-threshold=0.5", "score-threshold")]
    [InlineData("mask-threshold=half", "mask-threshold")]
    [InlineData("overlap-threshold=1e9", "overlap-threshold")]
    [InlineData("procedure=Meta", "procedure")]
    [InlineData("procedure=none", "procedure")]
    [InlineData("classes=zebra", "classes")]
    [InlineData("min-area=-1", "min-area")]
    [InlineData("min-area=1.5", "min-area")]
    [InlineData("fill-holes=100000001", "fill-holes")]
    [InlineData("fill-holes=true", "fill-holes")]
    [InlineData("mask-size=15", "mask-size")]
    [InlineData("mask-size=100000001", "mask-size")]
    [InlineData("mask-size=Model", "mask-size")]
    [InlineData("mask-size=64x64", "mask-size")]
    [InlineData("mask-size=64&mask-size=64", "mask-size")]
    [InlineData("confidence=yes", "confidence")]
    [InlineData("confidence=True", "confidence")]
    [InlineData("segmentation=polygons", "segmentation")]
    [InlineData("segmentation=polygon&tolerance=101", "tolerance")]
    [InlineData("segmentation=polygon&tolerance=-1", "tolerance")]
    [InlineData("segmentation=rle&tolerance=1", "tolerance")]
    [InlineData("tolerance=1", "tolerance")]
    [InlineData("classes=sky,,person", "classes")]
    public void Read_WhatIsNotAllowed_NamesTheField(string text, string field)
    {
        var exception = Assert.Throws<SegmentationException>(() => Read(text.Split('&')));

        Assert.Equal(SegmentationError.BadRequest, exception.Error);
        Assert.Equal(field, exception.Field);
    }

    [Theory]
    [InlineData("min-area=x", "0 to 100000000")]
    [InlineData("fill-holes=x", "0 to 100000000")]
    [InlineData("mask-size=x", "original, model (the size at which the model makes masks) or a whole number of pixels from 16 to 100000000")]
    [InlineData("confidence=1", "true or false")]
    [InlineData("segmentation=x", "rle, polygon")]
    [InlineData("segmentation=polygon&tolerance=x", "0 to 100")]
    [InlineData("tolerance=2", "segmentation=polygon")]
    public void Read_WhatIsNotAllowed_SaysWhatIs(string text, string allowed) =>
        Assert.Contains(allowed, Assert.Throws<SegmentationException>(() => Read(text.Split('&'))).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_Polygons_HaveAToleranceOfTheirOwn() => Assert.Equal(MaskPolygons.DefaultTolerance, Read("segmentation=polygon").PolygonTolerance);

    [Fact]
    public void Read_ClassThresholds_AreTheModelsUnlessTheRequestHasAScoreThreshold()
    {
        var model = Model with { Postprocessing = Model.Postprocessing with { ClassThresholds = new Dictionary<string, float> { ["sky"] = 0.7f } } };

        var own = RequestParameters.Read(Given("task=panoptic,instance"), model);
        var asked = RequestParameters.Read(Given("task=panoptic,instance", "score-threshold=0.2"), model);

        Assert.Equal((0.7f, 0.7f), (own.ScoreThresholdOf(1), own.InstanceThresholdOf(1)));
        Assert.Equal((Model.Postprocessing.ScoreThreshold, 0.5f), (own.ScoreThresholdOf(0), own.InstanceThresholdOf(0)));
        Assert.Equal((0.2f, 0.2f), (asked.ScoreThresholdOf(1), asked.InstanceThresholdOf(1)));
    }

    [Fact]
    public void Read_MaskSize_HasTwoNames()
    {
        Assert.Equal(MaskSize.Original, Read("mask-size=original").MaskSize);
        Assert.Equal(MaskSize.Model, Read("mask-size=model").MaskSize);
    }

    [Fact]
    public void Read_UnknownClass_NamesThoseThereAre()
    {
        var error = Assert.Throws<SegmentationException>(() => Read("classes=zebra"));

        Assert.Contains("person, sky", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Pairs()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var task in TaskNames.All)
        {
            foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("score-threshold", "0.1"), ("mask-threshold", "0.1"), ("overlap-threshold", "0.1"), ("procedure", "hf"), ("classes", "sky"), ("min-area", "9"), ("fill-holes", "9"), ("mask-size", "model"), ("confidence", "true"), ("segmentation", "polygon")])
            {
                data.Add(task, name, value);
            }
        }

        return data;
    }

    /// <summary>Over all pairs of task and parameter: one that is accepted is listed for the task, one that is refused says which task would use it.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public void Read_ParameterAndTask_IsUsedOrRefused(string task, string name, string value)
    {
        var model = task == TaskNames.Detection
            ? Model with { Tasks = [task], Postprocessing = new PostprocessingSettings(PostprocessingSettings.Detr, 0.5f) }
            : Model;
        string[] users = name switch
        {
            "score-threshold" => ["panoptic", "instance", "detection"],
            "mask-threshold" => ["panoptic", "instance"],
            "overlap-threshold" => ["panoptic"],
            "confidence" => ["panoptic", "semantic"],
            "procedure" or "min-area" or "fill-holes" or "mask-size" or "segmentation" => ["panoptic", "instance", "semantic"],
            _ => [.. TaskNames.All],
        };
        PostprocessingParameters Act() => RequestParameters.Read(Given($"task={task}", $"{name}={value}"), model);

        if (users.Contains(task))
        {
            Assert.NotEqual(RequestParameters.Read(Given($"task={task}"), model), Act());
            return;
        }

        var error = Assert.Throws<SegmentationException>(Act);
        Assert.Equal((SegmentationError.BadRequest, name), (error.Error, error.Field));
        Assert.All(users, user => Assert.Contains(user, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_ParameterOfOneTaskAmongSeveral_IsAccepted() =>
        Assert.Equal(0.1f, Read("task=instance,panoptic", "overlap-threshold=0.1").OverlapThreshold);

    private static PostprocessingParameters Read(params string[] parameters)
    {
        var given = Given(parameters);
        RequestParameters.ReadModel(given);
        return RequestParameters.Read(given, Model);
    }

    private static Dictionary<string, IReadOnlyList<string?>> Given(params string[] parameters) => parameters
        .Select(static parameter => parameter.Split('=', 2))
        .GroupBy(static parameter => parameter[0])
        .ToDictionary(static group => group.Key, static group => (IReadOnlyList<string?>)[.. group.Select(static parameter => parameter[1])]);
}
