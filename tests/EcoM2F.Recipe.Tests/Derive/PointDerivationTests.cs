using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Derive;

public sealed class PointDerivationTests(LoadedPoints sized, LoadedSet tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_ModelWithSizes_HasEveryPointInItsOrder()
    {
        var rows = await DeriveAsync(sized.Set, "a.jsonl");
        Assert.Equal(LoadedPoints.Images, rows.Count);
        Assert.All(rows, row =>
        {
            Assert.True(row.HasPoints);
            Assert.Equal(sized.Engine.Model.Points, row.Points.Select(static point => new GatePoint(point.Size, point.Depth)));
            Assert.Equal(GraphPrecisions.Fp32, row.Precision);
            Assert.Null(row.Reference);
            Assert.Equal(9, row.Quality.Count);
            Assert.All(row.Points.Zip(row.Points.Skip(3)), static pair => Assert.True(pair.First.Input.Width * pair.First.Input.Height < pair.Second.Input.Width * pair.Second.Input.Height));
        });
        var line = (await File.ReadAllLinesAsync(_folder["a.jsonl"], TestContext.Current.CancellationToken))[0];
        Assert.Contains("""
            "points":[{"size":32,"depth":1,"input":[32,64]},{"size":32,"depth":2,
            """.Trim(), line, StringComparison.Ordinal);
        Assert.DoesNotContain("\"exits\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OwnSize_GivesWhatTheModelWithoutSizesGives()
    {
        var bytes = await File.ReadAllBytesAsync(sized.Set.Images[0].Path, TestContext.Current.CancellationToken);
        using var several = sized.Engine.Prepare(bytes, mirrored: false, TestContext.Current.CancellationToken);
        using var one = tiny.Engine.Prepare(bytes, mirrored: false, TestContext.Current.CancellationToken);
        using var points = await sized.Engine.RunAsync(several, gates: true, similarities: true, TestContext.Current.CancellationToken);
        using var exits = await tiny.Engine.RunAsync(one, gates: true, similarities: true, TestContext.Current.CancellationToken);
        for (var exit = 0; exit < 3; exit++)
        {
            Assert.Equal(exits.Points[exit], points.Points[3 + exit]);
            Assert.Equal(Ids(tiny.Engine, exits, exit), Ids(sized.Engine, points, 3 + exit));
            Assert.Equal(exits.Similarities[exit], points.Similarities[3 + exit]);
        }

        // A gate over exits reads the own size's feature, one over points the smallest size's.
        Assert.Equal(exits.Gates["balanced"], points.Gates["balanced"]);
        Assert.Equal(10, points.Gates["points"].Length);
        Assert.Equal(points.Pooled.Sum(static value => 0.01 * value * value), points.Gates["points"][^1], 1e-4);
        Assert.NotEqual(exits.Pooled, points.Pooled);
        Assert.NotNull(points.Probe);
        Assert.Null(exits.Probe);

        static int[] Ids(ExitsEngine engine, ExitsRun run, int point) => engine.ToResult(run, point, SegmentationTasks.Panoptic, TestContext.Current.CancellationToken).Panoptic!.Ids;
    }

    [Fact]
    public async Task Run_FolderOfPhotos_IsAgreementWithTheFullResult()
    {
        var photos = Dataset.OpenFor(sized.Engine.Model, sized.Photos, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("PQ agreement", photos.Metric);
        var rows = await DeriveAsync(photos, "b.jsonl");
        var reference = sized.Engine.Model.Points.ToList().IndexOf(new GatePoint(64, 3));
        Assert.All(rows, row =>
        {
            Assert.Equal(AgreementDataset.Full, row.Reference);
            Assert.Equal(1, row.Quality[reference]);
            Assert.Contains(row.Quality, static quality => quality < 1);
        });

        // The same images with labels, asked for agreement, give the same numbers under the set's own hash.
        var asked = await DeriveAsync(Dataset.OpenFor(sized.Engine.Model, sized.SetFile, agreement: true, cancellationToken: TestContext.Current.CancellationToken), "c.jsonl");
        Assert.Equal(rows.Select(static row => row.Quality), asked.Select(static row => row.Quality));
        Assert.All(asked, row => Assert.Equal(sized.Set.Hash, row.Dataset));
        await DeriveAsync(sized.Set, "d.jsonl");
        var table = AgreementTable.Of(_folder["c.jsonl"], _folder["d.jsonl"]);
        Assert.Equal(LoadedPoints.Images, table.Images);
        Assert.InRange(table.Points, -1, 1);
        Assert.True(table.Chosen <= table.Best);
        Assert.Contains("agreement", Assert.Throws<RecipeException>(() => AgreementTable.Of(_folder["d.jsonl"], _folder["c.jsonl"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_FileOfAnotherKind_SaysWhich()
    {
        await DeriveAsync(sized.Set, "a.jsonl");
        var agreement = Dataset.OpenFor(sized.Engine.Model, sized.SetFile, agreement: true, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("measures agreement", Fail(() => Plan(sized.Engine, agreement, "a.jsonl")), StringComparison.Ordinal);
        Assert.Contains("another model", Fail(() => Plan(tiny.Engine, sized.Set, "a.jsonl")), StringComparison.Ordinal);
    }

    [Fact]
    public void OpenFor_FolderWithoutImages_NamesWhatImagesAre()
    {
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Contains(".jpg", Fail(() => Dataset.OpenFor(sized.Engine.Model, _folder["empty"])), StringComparison.Ordinal);
        _folder.Write("broken/a.jpg", "no image");
        Assert.Contains("a.jpg cannot be read", Fail(() => Dataset.OpenFor(sized.Engine.Model, _folder["broken"])), StringComparison.Ordinal);
    }

    private static string Fail(Func<object> act) => Assert.Throws<RecipeException>(act).Message;

    private Derivation Plan(ExitsEngine engine, Dataset set, string name) => Derivation.Plan(engine.Model, set, static _ => true, _folder[name]);

    private async Task<List<DerivedRow>> DeriveAsync(Dataset set, string name)
    {
        await Plan(sized.Engine, set, name).RunAsync(sized.Engine, static () => { }, TestContext.Current.CancellationToken);
        return [.. new DerivedRowReader(_folder[name]).Read()];
    }
}
