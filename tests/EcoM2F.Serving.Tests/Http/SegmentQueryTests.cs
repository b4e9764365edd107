using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Serving.Http;
using EcoM2F.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace EcoM2F.Serving.Tests.Http;

public sealed class SegmentQueryTests
{
    [Fact]
    public void Parse_Everything_IsRead()
    {
        var query = Parse("?task=semantic,instance&model=paper&score-threshold=0.25&mask-threshold=1&overlap-threshold=0&procedure=hf&classes=sky,person");

        Assert.Equal(SegmentationTasks.Semantic | SegmentationTasks.Instance, query.Tasks);
        Assert.Equal(0.25f, query.Postprocessing.ScoreThreshold);
        Assert.Equal(1f, query.Postprocessing.MaskThreshold);
        Assert.Equal(0f, query.Postprocessing.OverlapThreshold);
        Assert.Equal("hf", query.Postprocessing.Procedure);
        Assert.Equal(["sky", "person"], query.Postprocessing.Classes);
    }

    [Theory]
    [InlineData(SegmentationTasks.Panoptic, "instance", "panoptic")]
    [InlineData(SegmentationTasks.Semantic, "semantic", "instance")]
    public void Parse_NoTask_IsPanopticOrTheFirst(SegmentationTasks expected, params string[] tasks) =>
        Assert.Equal(expected, SegmentQuery.Parse(Query(""), TestManifest.CreateSmall(tasks)).Tasks);

    [Theory]
    [InlineData("?colour=red", "colour")]
    [InlineData("?Task=panoptic", "Task")]
    [InlineData("?task=panoptic&task=instance", "task")]
    [InlineData("?task=", "task")]
    [InlineData("?task=panoptic,", "task")]
    [InlineData("?task=panoptic,panoptic", "task")]
    [InlineData("?task=Panoptic", "task")]
    [InlineData("?task=detection", "task")]
    [InlineData("?task=1", "task")]
    [InlineData("?model=paper&model=paper", "model")]
    [InlineData("?model=", "model")]
    [InlineData("?score-threshold=1.01", "score-threshold")]
    [InlineData("?score-threshold=-0.1", "score-threshold")]
    [InlineData("?score-threshold=NaN", "score-threshold")]
    [InlineData("?score-threshold=0,5", "score-threshold")]
    [InlineData("?score-threshold=0.5&score-threshold=0.5", "score-threshold")]
    [InlineData("?mask-threshold=half", "mask-threshold")]
    [InlineData("?overlap-threshold=1e9", "overlap-threshold")]
    [InlineData("?procedure=Meta", "procedure")]
    [InlineData("?procedure=none", "procedure")]
    [InlineData("?classes=zebra", "classes")]
    [InlineData("?classes=sky,,person", "classes")]
    public void Parse_WhatIsNotAllowed_NamesTheField(string text, string field)
    {
        var exception = Assert.Throws<SegmentationException>(() => Parse(text));

        Assert.Equal(SegmentationError.BadRequest, exception.Error);
        Assert.Equal(field, exception.Field);
    }

    private static SegmentQuery Parse(string text)
    {
        var query = Query(text);
        SegmentQuery.ModelName(query);
        return SegmentQuery.Parse(query, TestManifest.CreateSmall());
    }

    private static QueryCollection Query(string text) => new(QueryHelpers.ParseQuery(text));
}
