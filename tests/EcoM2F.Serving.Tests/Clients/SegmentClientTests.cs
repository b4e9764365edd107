using System.Net;
using EcoM2F.Client;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Serving.Tests.Clients;

/// <summary>The typed client against the service.</summary>
public sealed class SegmentClientTests(Service service)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private SegmentClient Sut => new(service.Client);

    [Fact]
    public async Task Segment_EveryTask_GivesWhatTheServiceSays()
    {
        var result = await Sut.SegmentAsync(Photo(), new SegmentOptions { Model = Service.ModelName, Tasks = ["panoptic", "instance", "semantic"], Budget = new ComputeBudget { Depth = 2 } }, Token);

        Assert.Equal((Service.ModelName, 2, "forced"), (result.Model, result.Compute.Depth, result.Compute.Reason));
        Assert.True(result.Compute.Gmacs > 0 && result.Compute.Milliseconds["encoder"] > 0);
        Assert.NotNull(result.Instance);
        Assert.All(result.Semantic!.SegmentsInfo, segment =>
        {
            var pixels = segment.Segmentation.ToPixels();
            Assert.Equal(result.Image.Width * result.Image.Height, pixels.Length);
            Assert.Equal(segment.Area, pixels.Count(static inside => inside));
        });
        Assert.Equal(result.Image.Width * result.Image.Height, result.Semantic.SegmentsInfo.Sum(static segment => segment.Area));
    }

    [Fact]
    public async Task Segment_MaskSize_IsSaidAndThatOfTheMasks()
    {
        var result = await Sut.SegmentAsync(Photo(), new SegmentOptions { Tasks = ["semantic"], MaskSize = "48" }, Token);

        Assert.Equal([32, 48], result.MaskSize!);
        Assert.Equal(32 * 48, result.Semantic!.SegmentsInfo.Sum(static segment => segment.Segmentation.ToPixels().Count(static inside => inside)));
        Assert.Null((await Sut.SegmentAsync(Photo(), cancellationToken: Token)).MaskSize);
    }

    [Fact]
    public async Task Segment_Confidence_HasBothPictures()
    {
        var result = await Sut.SegmentAsync(Photo(), new SegmentOptions { Tasks = ["semantic"], MaskSize = "48", Confidence = true }, Token);
        using var ids = NetVips.Image.NewFromBuffer(result.IdsPng.ToArray());
        using var confidence = NetVips.Image.NewFromBuffer(result.ConfidencePng.ToArray());

        Assert.Equal((48, 32, 3), (ids.Width, ids.Height, ids.Bands));
        Assert.Equal((48, 32, 1), (confidence.Width, confidence.Height, confidence.Bands));
        Assert.NotEmpty(result.Semantic!.SegmentsInfo);
        Assert.True((await Sut.SegmentAsync(Photo(), cancellationToken: Token)).ConfidencePng.IsEmpty);
    }

    [Fact]
    public async Task Segment_Refused_ThrowsTheProblem()
    {
        var refused = await Assert.ThrowsAsync<SegmentException>(() => Sut.SegmentAsync(Photo(), new SegmentOptions { Budget = new ComputeBudget { Depth = 99 } }, Token));

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal("depth", refused.Problem!.Field);
        Assert.NotNull(refused.Problem.Allowed);
        Assert.Contains(refused.Problem.Detail!, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SegmentMany_OneIsNoImage_FailsAlone()
    {
        var images = new[] { new BatchImage("größer 1.png", Photo()), new BatchImage("broken", new MemoryStream([1, 2, 3])), new BatchImage("last", Photo()) };

        var items = new List<BatchItem>();
        await foreach (var item in Sut.SegmentManyAsync(images, new SegmentOptions { Budget = new ComputeBudget { MaxDepth = 1 } }, Token))
        {
            items.Add(item);
        }

        items.Sort(static (a, b) => a.Index.CompareTo(b.Index));
        Assert.Equal([200, 415, 200], items.Select(static item => item.Status));
        Assert.Equal(["größer 1.png", "broken", "last"], items.Select(static item => item.Name));
        Assert.Equal((1, null), (items[0].Result!.Compute.Depth, items[0].Problem));
        Assert.NotNull(items[1].Problem!.Detail);
    }

    [Fact]
    public async Task Segment_Cancelled_Throws()
    {
        using var left = new CancellationTokenSource();
        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Sut.SegmentAsync(Photo(), cancellationToken: left.Token));
    }

    [Fact]
    public void Budget_ToString_IsTheHeader()
    {
        Assert.Equal("", new ComputeBudget().ToString());
        Assert.Equal(
            "min-depth=1, max-depth=4, max-size=320, beta=0.5, max-gmacs=12.0, deadline-ms=1500",
            new ComputeBudget { MinDepth = 1, MaxDepth = 4, MaxSize = 320, Beta = 0.5, MaxGmacs = 12, Deadline = TimeSpan.FromSeconds(1.5) }.ToString());
    }

    [Theory]
    [InlineData("0")] // too few pixels
    [InlineData("P")] // ends inside a number
    [InlineData("9999")] // too many
    public void Mask_NotOfItsSize_IsAFormatError(string counts) => Assert.Throws<FormatException>(() => new Mask([2, 3], counts).ToPixels());

    [Fact]
    public void Registration_GivesAClientOfTheAddress()
    {
        var services = new ServiceCollection();
        services.AddSegmentClient(new Uri("http://localhost:1/seg"));
        using var provider = services.BuildServiceProvider();

        Assert.Equal("http://localhost:1/seg/", provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(SegmentClient)).BaseAddress!.AbsoluteUri);
        Assert.NotNull(provider.GetRequiredService<SegmentClient>());
    }

    private static MemoryStream Photo() => new(TestPng.Photo());
}
