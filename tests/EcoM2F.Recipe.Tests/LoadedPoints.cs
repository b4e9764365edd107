using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Tests;
using EcoM2F.TestSupport;

[assembly: AssemblyFixture(typeof(LoadedPoints))]

namespace EcoM2F.Recipe.Tests;

/// <summary>A tiny model with sizes and gates over points, with a set, loaded; for all tests that only read them.</summary>
public sealed class LoadedPoints : IAsyncLifetime
{
    public const int Images = 6;

    /// <summary>Above every image's leverage, so that this gate always decides.</summary>
    private const double Never = 1e9;

    private readonly TemporaryFolder _folder = new();
    private TinySet _files = null!;

    public string ModelFolder => _folder["sized"];

    public string SetFile => _files.File;

    public string Photos => Path.Combine(_files.Folder, "images");

    public ExitsEngine Engine { get; private set; } = null!;

    public Dataset Set { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var model = SizedModel.CompileTo(ModelFolder);
        var points = model.Points;
        Install("points", GateProfile.Classifier, points, Never);
        Install("shy", GateProfile.Classifier, points, 1e-9);
        Install("utility", GateProfile.Utility, points, Never);
        _files = await TinySet.CreateAsync(ModelFolder, Images);
        Engine = ExitsEngine.Open(ModelFolder, "cpu", CancellationToken.None);
        Set = Dataset.Open(SetFile, Engine.Model.Classes);
    }

    public ValueTask DisposeAsync()
    {
        Engine.Dispose();
        _files.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Install(string profile, string kind, IReadOnlyList<GatePoint> points, double bound)
    {
        var (random, width) = (new Random(profile.Length), TinyCheckpoint.Width);
        GateInstaller.Install(ModelFolder, new NewGate
        {
            Profile = profile,
            Kind = kind,
            Beta = kind == GateProfile.Classifier ? 0.5 : null,
            Weight = [.. Enumerable.Range(0, points.Count * width).Select(_ => (random.NextSingle() - 0.5f) / 4)],
            Bias = [.. points.Select(_ => random.NextSingle() / 4)],
            Points = points,
            Guard = new GateGuard(bound, points[4]),
            Leverage = new GateLeverage(new float[width], [.. Enumerable.Range(0, width * width).Select(i => i % (width + 1) == 0 ? 0.1f : 0)]),
        });
    }
}
