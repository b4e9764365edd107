using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using EcoM2F.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcoM2F.Serving.Tests.Observability;

/// <summary>A request that belongs to a trace: its spans reach the collector under the caller's, its log line has the same id.</summary>
public sealed class TracingTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string CallerSpan = "00f067aa0ba902b7";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_WithTraceparent_JoinsItsTrace()
    {
        var models = Directory.CreateTempSubdirectory("ecom2f-traced-").FullName;
        try
        {
            TinyModel.CompileTo(Path.Combine(models, "tiny"));
            var spans = new ConcurrentQueue<byte[]>();
            await using var collector = await StartCollectorAsync(spans);
            await using var service = await ServiceProcess.StartAsync(
                [
                    "--Engine:ModelsFolder", models, "--Logs:Format", "json",
                    "--Otlp:Endpoint", AddressOf(collector), "--OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
                ],
                Token);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(TestPng.Photo()) };
            request.Headers.Add("traceparent", $"00-{TraceId}-{CallerSpan}-01");
            request.Headers.Add("Compute-Budget", "depth=2");
            using var response = await service.Client.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(0, await service.TerminateAsync(Token)); // sends what is left

            byte[] sent = [.. spans.SelectMany(static body => body)];
            Assert.True(sent.AsSpan().IndexOf(Convert.FromHexString(TraceId)) >= 0, "No span of the caller's trace was sent.");
            Assert.True(sent.AsSpan().IndexOf(Convert.FromHexString(CallerSpan)) >= 0, "No span has the caller's as parent.");
            Assert.True(sent.AsSpan().IndexOf("encoder"u8) >= 0, "No span of the encoder was sent.");
            using var line = JsonDocument.Parse(Assert.Single(service.Output.Split('\n'), static line => line.Contains(TraceId, StringComparison.Ordinal)));
            Assert.Equal(TraceId, line.RootElement.GetProperty("@tr").GetString());
            Assert.Equal(2, line.RootElement.GetProperty("Depth").GetInt32());
            Assert.Equal("forced", line.RootElement.GetProperty("Reason").GetString());
            Assert.Equal("tiny", line.RootElement.GetProperty("Model").GetString());
        }
        finally
        {
            Directory.Delete(models, recursive: true);
        }
    }

    /// <param name="spans">Gets every body that is sent to <c>/v1/traces</c>.</param>
    private static async Task<WebApplication> StartCollectorAsync(ConcurrentQueue<byte[]> spans)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = builder.Build();
        collector.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            if (context.Request.Path == "/v1/traces")
            {
                spans.Enqueue(body.ToArray());
            }
        });
        await collector.StartAsync(Token);
        return collector;
    }

    private static string AddressOf(WebApplication collector) =>
        collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
}
