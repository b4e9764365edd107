using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Serving.Http;
using Microsoft.Extensions.Primitives;

namespace EcoM2F.Serving.Tests.Http;

public sealed class AcceptNegotiationTests
{
    [Theory]
    [InlineData("", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("application/*", "application/json")]
    [InlineData("application/json; charset=utf-8", "application/json")]
    [InlineData("application/json, text/plain, */*", "application/json")]
    [InlineData("image/png", "image/png")]
    [InlineData("IMAGE/PNG", "image/png")]
    [InlineData("image/*", "image/png")]
    [InlineData("multipart/mixed", "multipart/mixed")]
    [InlineData("multipart/*", "multipart/mixed")]
    [InlineData("image/webp", "image/webp")]
    [InlineData("image/jpeg", "image/jpeg")]
    [InlineData("image/png, */*", "application/json")]
    [InlineData("image/jpeg, image/webp", "image/jpeg")]
    [InlineData("image/jpeg;q=0.5, image/webp;q=0.9", "image/webp")]
    [InlineData("image/png;q=0, image/*", "image/webp")]
    [InlineData("application/json;q=0, */*;q=0.1", "image/png")]
    [InlineData("text/html, image/avif, image/webp, */*;q=0.8", "application/json")]
    [InlineData("image/png, application/problem+json", "image/png")]
    [InlineData("image/png, application/json", "application/json")]
    [InlineData("image/png, application/json;q=0.9", "image/png")]
    [InlineData("image/png;q=0.8, application/json;q=0.9", "application/json")]
    [InlineData("image/jpeg, application/*;q=0.1", "application/json")]
    [InlineData("application/json;q=0.5, */*", "image/png")]
    public void Choose_Accept_GivesTheBestFormat(string accept, string mediaType) =>
        Assert.Equal(mediaType, AcceptNegotiation.Choose(accept, SegmentationTasks.Panoptic).MediaType());

    /// <summary>What clients send unless they are told otherwise.</summary>
    [Theory]
    [InlineData("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2")] // Java before 17
    [InlineData("text/html, image/gif, image/jpeg, */*; q=0.2")] // Java from 17 on
    [InlineData("application/json, text/plain, */*")] // axios
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,image/svg+xml,*/*;q=0.8")] // Firefox
    [InlineData("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8")] // an img element in Chrome
    [InlineData("application/json, application/*+json")] // Spring
    public void Choose_DefaultOfAClient_IsJson(string accept) =>
        Assert.Equal(ResponseFormat.Json, AcceptNegotiation.Choose(accept, SegmentationTasks.Panoptic));

    [Theory]
    [InlineData("*", ResponseFormat.Json)]
    [InlineData("image/png, *;q=0", ResponseFormat.Png)]
    [InlineData("image, image/webp", ResponseFormat.WebP)]
    [InlineData("*/json, image/webp", ResponseFormat.WebP)]
    [InlineData("application/json;q=2, image/webp", ResponseFormat.WebP)]
    [InlineData("application/json;q=NaN, image/webp", ResponseFormat.WebP)]
    [InlineData("application/json;q=, image/webp", ResponseFormat.WebP)]
    [InlineData("app lication/json, image/webp", ResponseFormat.WebP)]
    [InlineData(",, image/webp ,", ResponseFormat.WebP)]
    [InlineData(" , ", ResponseFormat.Json)]
    [InlineData("text/plain;note=\"a, application/json\", image/webp", ResponseFormat.WebP)]
    [InlineData("text/plain;note=\"open, image/webp", ResponseFormat.WebP)]
    [InlineData("image/webp;;", ResponseFormat.WebP)]
    [InlineData("image/webp;q=1., image/png;q=.9", ResponseFormat.WebP)]
    internal void Choose_MalformedMember_IsSkipped(string accept, ResponseFormat format) =>
        Assert.Equal(format, AcceptNegotiation.Choose(accept, SegmentationTasks.Panoptic));

    [Fact]
    public void Choose_SeveralLines_AreOneList() =>
        Assert.Equal(ResponseFormat.Png, AcceptNegotiation.Choose(new StringValues(["application/json;q=0.1", "image/png"]), SegmentationTasks.Panoptic));

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/problem+json")]
    [InlineData("application/json;q=0")]
    [InlineData("*/*;q=0")]
    [InlineData("json")]
    [InlineData("application/json;q=x;;")]
    public void Choose_NothingToOffer_IsNotAcceptable(string accept) =>
        Assert.Equal(SegmentationError.UnsupportedOutput, Refused(accept, SegmentationTasks.Panoptic).Error);

    [Theory]
    [InlineData("image/png", SegmentationTasks.Instance)]
    [InlineData("multipart/mixed", SegmentationTasks.Instance)]
    [InlineData("image/png", SegmentationTasks.Panoptic | SegmentationTasks.Semantic)]
    [InlineData("multipart/mixed", SegmentationTasks.Panoptic | SegmentationTasks.Semantic | SegmentationTasks.Instance)]
    public void Choose_NotExactlyOneMap_IsNotAcceptable(string accept, SegmentationTasks tasks)
    {
        var exception = Refused(accept, tasks);

        Assert.Equal(SegmentationError.UnsupportedOutput, exception.Error);
        Assert.Equal("Accept", exception.Field);
        Assert.Contains("exactly one", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_MapDoesNotFit_TakesTheNextBest() =>
        Assert.Equal(ResponseFormat.Json, AcceptNegotiation.Choose("image/png, application/json;q=0.2", SegmentationTasks.Instance));

    [Fact]
    public void Choose_OneMapBesideInstances_IsFine() =>
        Assert.Equal(ResponseFormat.Multipart, AcceptNegotiation.Choose("multipart/mixed", SegmentationTasks.Semantic | SegmentationTasks.Instance));

    private static SegmentationException Refused(string accept, SegmentationTasks tasks) =>
        Assert.Throws<SegmentationException>(() => AcceptNegotiation.Choose(accept, tasks));
}
