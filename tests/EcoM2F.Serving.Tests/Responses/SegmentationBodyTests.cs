using System.Text.Json;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.Serving.Responses;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests.Responses;

public sealed class SegmentationBodyTests
{
    private const string Counts = "<0>+`&'5";

    [Fact]
    public void Body_HasTheNamesOfTheContract()
    {
        var json = Serialise(Result() with { Panoptic = new PanopticSegmentation(4, 3, new int[12], [Segment()]) });

        Assert.Equal("""{"width":4,"height":3}""", json.GetProperty("image").GetRawText());
        Assert.Equal(
            """{"depth":2,"max_depth":3,"reason":"max-depth","profile":"balanced","beta":0.6,"gmacs":6,"saved":0.077,"milliseconds":{"decode":1.25,"stem":20}}""",
            json.GetProperty("compute").GetRawText());
        Assert.Equal(
            $$$"""{"id":1,"category_id":0,"category":"person","isthing":true,"score":0.9123,"area":5,"bbox":[1,0,2,3],"segmentation":{"size":[3,4],"counts":"{{{Counts}}}"}}""",
            json.GetProperty("panoptic").GetProperty("segments_info")[0].GetRawText());
        Assert.False(json.TryGetProperty("instance", out _));
        Assert.False(json.TryGetProperty("semantic", out _));
    }

    [Fact]
    public void Body_NoGate_HasNeitherProfileNorBeta()
    {
        var result = Result();
        var compute = Serialise(result with { Compute = result.Compute with { Decision = new ComputeDecision(new ComputePoint(320, new InputSize(320, 448), 2), ComputeReason.Forced) } }).GetProperty("compute");

        Assert.False(compute.TryGetProperty("profile", out _));
        Assert.False(compute.TryGetProperty("beta", out _));
    }

    [Fact]
    public void Body_Instances_AreAList()
    {
        var json = Serialise(Result() with { Instances = [new InstanceSegment(0, 0.5f, 5, new BoundingBox(1, 0, 2, 3), new CocoRle(3, 4, Counts))] });

        Assert.Equal("person", json.GetProperty("instance")[0].GetProperty("category").GetString());
    }

    [Fact]
    public void ModelBody_TellsProfilesFromUtility()
    {
        var body = TestManifest.CreateSmall().ToBody(isDefault: true, "fp32");

        Assert.Equal(["balanced"], body.Profiles.Keys);
        Assert.True(body.AnswersBeta);
        Assert.Equal(0.65, body.Postprocessing.ScoreThreshold);
        Assert.Equal(6.5, body.Costs[0].Exits["3"]);
    }

    [Fact]
    public void ModelBody_ClassThresholds_AreTold()
    {
        var model = TestManifest.CreateSmall();
        var body = (model with { Postprocessing = model.Postprocessing with { ClassThresholds = new Dictionary<string, float> { ["sky"] = 0.35f } } }).ToBody(isDefault: true, "fp32");
        var json = JsonSerializer.SerializeToElement(body, ApiJson.Relaxed.ModelBody).GetProperty("postprocessing");

        Assert.Equal("""{"sky":0.35}""", json.GetProperty("class_thresholds").GetRawText());
        Assert.Null(model.ToBody(isDefault: true, "fp32").Postprocessing.ClassThresholds);
    }

    private static JsonElement Serialise(SegmentationResult result) =>
        JsonDocument.Parse(ResultJson.Serialize(result)).RootElement;

    private static SegmentationResult Result() => new()
    {
        Model = TestManifest.CreateSmall(),
        Width = 4,
        Height = 3,
        Compute = new ComputeUsed(
            new ComputeDecision(new ComputePoint(320, new InputSize(320, 448), 2), ComputeReason.MaxDepth, "balanced", 0.6),
            3,
            6,
            6 / (1 - 0.0769),
            new StageTimes { Decode = 1.25, Stem = 20 }),
        Pixels = default,
    };

    private static Segment Segment() => new(1, 0, 0.91234f, 5, new BoundingBox(1, 0, 2, 3), new CocoRle(3, 4, Counts));
}
