using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Serving.Tests;

/// <summary>HEAD wherever GET is answered, and the links of answers behind a proxy that removes a path.</summary>
public sealed class HeadTests(Service service)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Head_EveryGetRoute_IsTheSameWithoutABody()
    {
        var routes = service.Services.GetServices<EndpointDataSource>().SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true)
            .Select(static endpoint => endpoint.RoutePattern.RawText!.Replace("{name}", Service.ModelName, StringComparison.Ordinal))
            .Concat(["/swagger/v1/swagger.json", "/swagger/index.html", "/swagger/swagger-ui.css", "/v1/models/nonsense", "/nowhere"])
            .ToList();

        Assert.Superset(new HashSet<string> { "/v1/models", "/v1/models/tiny", "/livez", "/readyz", "/metrics" }, routes.ToHashSet());
        foreach (var route in routes)
        {
            using var get = await SendAsync(HttpMethod.Get, route);
            using var head = await SendAsync(HttpMethod.Head, route);

            Assert.True(get.StatusCode == head.StatusCode, $"{route}: {head.StatusCode}");
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync(Token));
        }
    }

    [Fact]
    public async Task Head_RouteWithoutGet_Is405()
    {
        using var head = await SendAsync(HttpMethod.Head, "/v1/segment");
        using var post = await SendAsync(HttpMethod.Post, "/v1/models");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, head.StatusCode);
        Assert.Equal(["POST"], head.Content.Headers.Allow);
        Assert.Equal(["GET", "HEAD"], post.Content.Headers.Allow);
    }

    [Fact]
    public async Task Get_BehindAPrefix_LinksBack()
    {
        using var description = await SendAsync(HttpMethod.Get, "/swagger/v1/swagger.json", "/seg");
        using var missing = await SendAsync(HttpMethod.Get, "/v1/models/nonsense", "/seg");
        using var page = await SendAsync(HttpMethod.Get, "/swagger/index.html", "/seg");

        Assert.Equal("/seg", (await Service.JsonAsync(description)).GetProperty("servers")[0].GetProperty("url").GetString());
        Assert.Equal("/seg/problems/unknown-model", (await Service.JsonAsync(missing)).GetProperty("type").GetString());
        Assert.DoesNotMatch("""(src|href)="/""", await page.Content.ReadAsStringAsync(Token)); // relative, so that they follow the page
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? prefix = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (prefix is not null)
        {
            request.Headers.Add("X-Forwarded-Prefix", prefix);
        }

        return await service.Client.SendAsync(request, Token);
    }
}
