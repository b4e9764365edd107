using System.IO.Pipelines;
using System.Text;
using EcoM2F.Inference.Errors;
using EcoM2F.Serving.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Serving.Tests.Http;

public sealed class ImageUploadTests
{
    private const int Limit = 100_000;

    private readonly UploadMemory _memory = new(3 * Limit, Random.Shared);

    [Theory]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(Limit)]
    public async Task Read_Body_GivesItsBytes(int length)
    {
        var body = Enumerable.Range(0, length).Select(static i => (byte)i).ToArray();

        using var image = await Read("image/jpeg", body);

        Assert.Equal(body, image.Bytes.ToArray());
    }

    [Theory]
    [InlineData("image/jpeg", null)]
    [InlineData(null, null)]
    [InlineData("image/jpeg", (long)(Limit + 1))]
    [InlineData("image/jpeg", long.MaxValue)]
    public async Task Read_BodyOverTheLimit_IsTooLarge(string? type, long? promised) =>
        Assert.Equal(SegmentationError.TooLarge, (await Refused(type, new byte[Limit + 1], promised)).Error);

    [Fact]
    public async Task Read_Form_GivesItsImage()
    {
        using var image = await Read("multipart/form-data; boundary=\"b\"", Form(("image", "pixels")));

        Assert.Equal("pixels"u8, image.Bytes.Span);
    }

    [Fact]
    public async Task Read_ImageAtTheLimitInAForm_IsRead()
    {
        using var image = await Read("multipart/form-data; boundary=b", Form(("image", new string('x', Limit))));

        Assert.Equal(Limit, image.Bytes.Length);
    }

    [Fact]
    public async Task Read_ImageOverTheLimitInAForm_IsTooLarge() =>
        Assert.Equal(SegmentationError.TooLarge, (await Refused("multipart/form-data; boundary=b", Form(("image", new string('x', Limit + 1))))).Error);

    [Theory]
    [InlineData("multipart/form-data; boundary=b", "other")]
    [InlineData("multipart/form-data; boundary=b", "image,image")]
    [InlineData("multipart/form-data; boundary=b", "image,other")]
    [InlineData("multipart/form-data; boundary=b", "")]
    [InlineData("multipart/form-data", "image")]
    [InlineData("multipart/form-data; boundary=", "image")]
    [InlineData("multipart/form-data; boundary=another", "image")]
    public async Task Read_WrongForm_IsABadRequest(string type, string parts) =>
        Assert.Equal(
            SegmentationError.BadRequest,
            (await Refused(type, Form([.. parts.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static part => (part, "x"))]))).Error);

    [Fact]
    public async Task Read_FormThatEndsEarly_IsABadRequest() =>
        Assert.Equal(SegmentationError.BadRequest, (await Refused("multipart/form-data; boundary=b", Form(("image", "pixels"))[..^8])).Error);

    [Fact]
    public async Task Read_EmptyBody_IsABadImage()
    {
        Assert.Equal(SegmentationError.BadImage, (await Refused("image/png", [])).Error);
        Assert.Equal(SegmentationError.BadImage, (await Refused("multipart/form-data; boundary=b", Form(("image", "")))).Error);
    }

    [Fact]
    public async Task Read_AllUploadsTogetherOverTheirLimit_IsRefusedUntilOneIsAnswered()
    {
        var others = new[] { await Read("image/jpeg", new byte[Limit]), await Read("image/jpeg", new byte[Limit]), await Read("image/jpeg", new byte[Limit]) };

        var refused = await Refused("image/jpeg", new byte[1]);
        Assert.Equal(SegmentationError.Overloaded, refused.Error);
        Assert.InRange(refused.RetryAfter!.Value.TotalSeconds, 1, 3);
        others[0].Dispose();
        others[0].Dispose(); // gives back once

        using var next = await Read("image/jpeg", new byte[1]);
        Assert.Equal((2 * Limit) + 1, _memory.Held);
        await Refused("image/jpeg", new byte[Limit + 1]); // too large: gives back what it took
        Assert.Equal((2 * Limit) + 1, _memory.Held);
        Array.ForEach(others, static image => image.Dispose());
    }

    [Fact]
    public async Task Read_DeadlineDuringTheUpload_IsExceeded()
    {
        var time = new FakeTimeProvider();
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new SilentBody());
        var reading = new ImageUpload(new UploadLimits(Limit), _memory, time).ReadAsync(context.Request, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(SegmentationError.DeadlineExceeded, (await Assert.ThrowsAsync<SegmentationException>(() => reading)).Error);
    }

    /// <summary>Nothing ever comes.</summary>
    private sealed class SilentBody : IRequestBodyPipeFeature
    {
        public PipeReader Reader { get; } = new Pipe().Reader;
    }

    private async Task<UploadedImage> Read(string? type, byte[] body, long? promised = null)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = type;
        context.Request.ContentLength = promised;
        context.Request.Body = new MemoryStream(body);
        return await new ImageUpload(new UploadLimits(Limit), _memory, TimeProvider.System).ReadAsync(context.Request, null, TestContext.Current.CancellationToken);
    }

    private Task<SegmentationException> Refused(string? type, byte[] body, long? promised = null) =>
        Assert.ThrowsAsync<SegmentationException>(() => Read(type, body, promised));

    private static byte[] Form(params (string Name, string Content)[] parts)
    {
        var text = new StringBuilder();
        foreach (var (name, content) in parts)
        {
            text.Append($"--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n{content}\r\n");
        }

        return Encoding.ASCII.GetBytes(text.Append("--b--\r\n").ToString());
    }
}
