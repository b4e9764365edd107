using System.Globalization;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>How the images of a batch are counted.</summary>
[Collection(nameof(RunsAlone))]
public sealed class BatchMetricsTests(Service service)
{
    [Fact]
    public async Task Post_Batch_CountsEachImageAndNotTheRequest()
    {
        var before = await CountsAsync();
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(TestPng.Photo()), "image", "a.png" },
            { new ByteArrayContent(TestPng.Photo()), "image", "b.png" },
            { new ByteArrayContent("text"u8.ToArray()), "image", "c.txt" },
        };
        using var response = await service.Client.PostAsync(new Uri("/v1/segment/batch", UriKind.Relative), form, TestContext.Current.CancellationToken);
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        var after = await CountsAsync();
        Assert.Equal((before.Served + 2, before.Unsupported + 1), after);
    }

    private async Task<(int Served, int Unsupported)> CountsAsync()
    {
        var text = await service.GetAsync("/metrics");
        return (Count(text, "200"), Count(text, "415"));
    }

    private static int Count(string text, string status) => text.Split('\n')
        .Where(line => line.StartsWith($"ecom2f_requests_total{{model=\"{Service.ModelName}\",status=\"{status}\"}}", StringComparison.Ordinal))
        .Sum(static line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
}
