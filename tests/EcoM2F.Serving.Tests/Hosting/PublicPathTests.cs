using EcoM2F.Serving.Hosting;
using Microsoft.AspNetCore.Http;

namespace EcoM2F.Serving.Tests.Hosting;

public sealed class PublicPathTests
{
    [Theory]
    [InlineData("", null, "/v1/models", "", "/v1/models")]
    [InlineData("", "/seg", "/v1/models", "/seg", "/v1/models")]
    [InlineData("", "/seg/", "/v1/models", "/seg", "/v1/models")]
    [InlineData("", "/ai, /seg", "/v1/models", "/ai/seg", "/v1/models")]
    [InlineData("", "/v1", "/v1/models", "/v1", "/v1/models")]
    [InlineData("/seg", null, "/seg/v1/models", "/seg", "/v1/models")]
    [InlineData("/seg", null, "/v1/models", "/seg", "/v1/models")]
    [InlineData("/seg", null, "/seg", "/seg", "")]
    [InlineData("/seg", null, "/segment", "/seg", "/segment")]
    [InlineData("/seg", "/seg", "/v1/models", "/seg", "/v1/models")]
    [InlineData("/seg", "/seg", "/seg/v1/models", "/seg", "/v1/models")]
    [InlineData("/seg", "/ai", "/seg/v1/models", "/ai/seg", "/v1/models")]
    [InlineData("/seg", "/ai/seg", "/v1/models", "/ai/seg", "/v1/models")]
    public async Task Invoke_PathAndPrefix_GivesTheClientsPath(string configured, string? prefix, string path, string pathBase, string rest) =>
        Assert.Equal((pathBase, rest), await InvokeAsync(configured, prefix, path));

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("/..")]
    [InlineData("seg")]
    [InlineData("/seg?x")]
    [InlineData("/se g")]
    [InlineData("/")]
    public async Task Invoke_PrefixThatIsNotAPlainPath_IsIgnored(string prefix) =>
        Assert.Equal(("", "/livez"), await InvokeAsync("", prefix, "/livez"));

    [Fact]
    public async Task Invoke_VeryLongPrefix_IsIgnored() =>
        Assert.Equal(("", "/livez"), await InvokeAsync("", "/" + new string('a', 1000), "/livez"));

    private static async Task<(string PathBase, string Path)> InvokeAsync(string configured, string? prefix, string path)
    {
        var context = new DefaultHttpContext { Request = { Path = path } };
        if (prefix is not null)
        {
            context.Request.Headers[PublicPath.Header] = prefix;
        }

        await new PublicPath(static _ => Task.CompletedTask, configured).InvokeAsync(context);
        return (context.Request.PathBase.Value!, context.Request.Path.Value!);
    }
}
