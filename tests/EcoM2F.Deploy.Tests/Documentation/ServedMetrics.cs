using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>What <c>/metrics</c> of the real service shows after it has answered a photo.</summary>
public sealed class ServedMetrics : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-metrics-").FullName;

    internal IReadOnlyList<MetricFamily> Families { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        TinyModel.CompileTo(Path.Combine(_models, "default"));
        var token = TestContext.Current.CancellationToken;
        await using var service = await ServiceProcess.StartAsync(["--Engine:ModelsFolder", _models], token);
        var photo = Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Fixtures, "photos"), "*.jpg").Order(StringComparer.Ordinal).First();
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(photo, token));
        using var answer = await service.Client.PostAsync(new Uri("/v1/segment", UriKind.Relative), content, token);
        answer.EnsureSuccessStatusCode();
        Families = MetricFamily.Parse(await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), token));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_models, recursive: true);
        return ValueTask.CompletedTask;
    }
}
