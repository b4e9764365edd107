using System.Net;
using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>POST /v1/segment with a model of the task detection.</summary>
public sealed class DetectionTests(DetectorService service) : IClassFixture<DetectorService>
{
    private static readonly byte[] Photo = TestPng.Photo(); // 96 x 64

    [Theory]
    [InlineData("?score-threshold=0")]
    [InlineData("?task=detection&score-threshold=0")]
    public async Task Post_Detection_AnswersWithBoxes(string query)
    {
        using var response = await service.PostAsync(Photo, query, budget: "depth=2");
        var json = await Service.JsonAsync(response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["model", "version", "image", "compute", "detection"], json.EnumerateObject().Select(static member => member.Name));
        Assert.Equal(2, json.GetProperty("compute").GetProperty("depth").GetInt32());
        Assert.Equal(50, json.GetProperty("detection").GetArrayLength()); // 10 queries x 5 classes, fewer than the 100 best
        Assert.All(json.GetProperty("detection").EnumerateArray(), static found =>
        {
            Assert.Equal(["category_id", "category", "score", "bbox"], found.EnumerateObject().Select(static member => member.Name));
            Assert.Equal(TinyDetector.Classes[found.GetProperty("category_id").GetInt32()], found.GetProperty("category").GetString());
            var box = found.GetProperty("bbox").EnumerateArray().Select(static number => number.GetDouble()).ToArray();
            Assert.All(box, static number => Assert.Equal(number, Math.Round(number, 2)));
            Assert.InRange(box[0] + box[2], box[0], 96 + 1e-9);
            Assert.InRange(box[1] + box[3], box[1], 64 + 1e-9);
        });
    }

    [Fact]
    public async Task Post_NoBudget_LetsTheGateChoose()
    {
        using var response = await service.PostAsync(Photo);
        var compute = (await Service.JsonAsync(response)).GetProperty("compute");

        Assert.Equal("gate", compute.GetProperty("reason").GetString());
        Assert.Equal("balanced", compute.GetProperty("profile").GetString());
        Assert.Contains("reason=gate", string.Join(", ", response.Headers.GetValues("Compute-Used")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ScoreThreshold_LeavesOutWhatIsBelow()
    {
        var all = await ScoresAsync("?score-threshold=0");
        var middle = all[all.Length / 2];

        var some = await ScoresAsync(FormattableString.Invariant($"?score-threshold={middle}"));

        Assert.Equal(all.Order().Reverse(), all);
        Assert.NotEmpty(some);
        Assert.InRange(some.Length, 1, all.Length - 1);
    }

    [Fact]
    public async Task Post_Classes_KeepsOnlyThose()
    {
        using var response = await service.PostAsync(Photo, "?score-threshold=0&classes=kite,dog", budget: "depth=1");

        Assert.Equal(
            ["dog", "kite"],
            (await Service.JsonAsync(response)).GetProperty("detection").EnumerateArray().Select(static found => found.GetProperty("category").GetString()).Distinct().Order());
    }

    [Theory]
    [InlineData("image/webp", "52494646")]
    [InlineData("image/jpeg", "FFD8FF")]
    [InlineData("image/png, image/jpeg;q=0.1", "FFD8FF")]
    public async Task Post_AcceptOverlay_AnswersWithAPicture(string accept, string magic)
    {
        using var response = await service.PostAsync(Photo, "?score-threshold=0", accept: accept);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith(magic, Convert.ToHexString(body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("multipart/mixed")]
    public async Task Post_AcceptMapOfIds_IsNotAcceptable(string accept)
    {
        using var response = await service.PostAsync(Photo, accept: accept);

        await AssertProblemAsync(response, HttpStatusCode.NotAcceptable, "not-acceptable", "Accept");
    }

    [Theory]
    [InlineData("?mask-threshold=0.5", "mask-threshold")]
    [InlineData("?overlap-threshold=0.5", "overlap-threshold")]
    [InlineData("?procedure=hf", "procedure")]
    [InlineData("?procedure=deformable_detr", "procedure")]
    [InlineData("?task=panoptic", "task")]
    [InlineData("?task=detection,instance", "task")]
    [InlineData("?task=detection,detection", "task")]
    [InlineData("?classes=horse", "classes")]
    [InlineData("?score-threshold=1.5", "score-threshold")]
    public async Task Post_WhatADetectorLacks_IsABadRequest(string query, string field)
    {
        using var response = await service.PostAsync(Photo, query);

        await AssertProblemAsync(response, HttpStatusCode.BadRequest, "bad-request", field);
    }

    [Fact]
    public async Task Get_Model_SaysWhatItMakes()
    {
        var model = JsonDocument.Parse(await service.GetAsync("/v1/models/tiny")).RootElement;

        Assert.Equal("""["detection"]""", model.GetProperty("tasks").GetRawText());
        Assert.Equal("""{"procedure":"deformable_detr","score_threshold":0.5}""", model.GetProperty("postprocessing").GetRawText());
        Assert.Equal([1, 2, 3, 4], model.GetProperty("exits").EnumerateArray().Select(static exit => exit.GetInt32()));
        Assert.Equal(TinyDetector.Classes, model.GetProperty("classes").EnumerateArray().Select(static item => item.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Metrics_AfterARequest_CountItsDepth()
    {
        using var response = await service.PostAsync(Photo, budget: "depth=3");
        var metrics = await service.GetAsync("/metrics");

        Assert.Contains("ecom2f_encoder_depth_count{model=\"tiny\"", metrics, StringComparison.Ordinal);
        Assert.Contains("reason=\"forced\"", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ApiDescription_HasTheDetections()
    {
        var document = JsonDocument.Parse(await service.GetAsync("/swagger/v1/swagger.json")).RootElement;
        var schemas = document.GetProperty("components").GetProperty("schemas");

        Assert.True(schemas.GetProperty("Segmentation").GetProperty("properties").TryGetProperty("detection", out _));
        Assert.True(schemas.GetProperty("Detection").GetProperty("properties").TryGetProperty("category_id", out _));
    }

    private async Task<double[]> ScoresAsync(string query)
    {
        using var response = await service.PostAsync(Photo, query, budget: "depth=4");
        return [.. (await Service.JsonAsync(response)).GetProperty("detection").EnumerateArray().Select(static found => found.GetProperty("score").GetDouble())];
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string type, string field)
    {
        var problem = await Service.JsonAsync(response);
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("/problems/" + type, problem.GetProperty("type").GetString());
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }
}
