using System.Net;
using EcoM2F.Serving.Hosting;
using EcoM2F.TestSupport;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;

namespace EcoM2F.Serving.Tests;

/// <summary>A service whose models are still being loaded, for ever.</summary>
public sealed class NotReadyTests : IAsyncDisposable
{
    private readonly Factory _factory = new();

    public ValueTask DisposeAsync() => _factory.DisposeAsync();

    [Theory]
    [InlineData("/livez", HttpStatusCode.OK)]
    [InlineData("/readyz", HttpStatusCode.ServiceUnavailable)]
    [InlineData("/metrics", HttpStatusCode.OK)]
    public async Task Get_WhileLoading_AnswersAsItShould(string path, HttpStatusCode status)
    {
        using var response = await _factory.CreateClient().GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Post_WhileLoading_IsNotReady()
    {
        using var response = await _factory.CreateClient().PostAsync(new Uri("/v1/segment", UriKind.Relative), new ByteArrayContent(TestPng.Photo()), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("/problems/not-ready", (await Service.JsonAsync(response)).GetProperty("type").GetString());
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Cors_ByDefault_IsOff()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/livez");
        request.Headers.Add("Origin", "https://example.org");
        using var response = await _factory.CreateClient().SendAsync(request, TestContext.Current.CancellationToken);

        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private sealed class Factory : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
            .UseSetting("Serilog:MinimumLevel:Default", "Warning")
            .UseSetting("Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime", "Warning")
            .ConfigureTestServices(static services => services.Remove(services.Single(static service => service.ImplementationType == typeof(ModelLoader))));
    }
}
