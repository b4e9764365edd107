using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Adapters;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Adapters;

/// <summary>On the images of a tiny model's set, as photographs.</summary>
public sealed class ExitFitTests(LoadedSet tiny) : IDisposable
{
    private static readonly ExitFitOptions Options = new(100, 0.25);

    private readonly TemporaryFolder _folder = new();

    private string Photos => Path.Combine(Path.GetDirectoryName(tiny.File)!, "images");

    private string State => _folder["state"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_PhotosOfATinyModel_BringsTokensNearer()
    {
        var result = await RunAsync();
        Assert.Equal((LoadedSet.Images, 2), (result.Photos, result.HeldOut));
        Assert.Equal([1, 2], result.Exits.Select(static exit => exit.Exit));
        Assert.All(result.Exits, static exit => Assert.True(exit.ErrorAfter < exit.ErrorBefore));
        Assert.Equal([1, 2, 4, 7], result.Curve.Select(static point => point.Photos));
        Assert.All(result.Exits, (exit, i) => Assert.Equal(exit.ErrorAfter, result.Curve[^1].Error[i]));
        Assert.Equal(result.Exits.Where(static exit => exit.IsAdapted).Select(static exit => exit.Exit), result.Adapters.Select(static adapter => adapter.Exit));
    }

    /// <summary>The numbers of the report, with plain sums over the held-out tokens.</summary>
    [Fact]
    public async Task Run_ErrorBefore_IsThatOfTheTokensThemselves()
    {
        var result = await RunAsync();
        var photos = FitPhotos.Find(Photos, 100, Options.Holdout, null, TestContext.Current.CancellationToken);
        var (error, sums) = (0.0, new Dictionary<(int Level, int Channel), (double N, double Y, double YY)>());
        await EncodedPhotos.ForEachAsync(
            tiny.Engine,
            photos.HeldOut,
            (_, image) =>
            {
                var x = image.Tokens(1);
                var y = image.Tokens(3);
                for (var i = 0; i < x.Length; i++)
                {
                    var token = i / image.Width;
                    var level = token < image.LevelTokens[0] ? 0 : token < image.LevelTokens[0] + image.LevelTokens[1] ? 1 : 2;
                    var (n, s, ss) = sums.GetValueOrDefault((level, i % image.Width));
                    sums[(level, i % image.Width)] = (n + 1, s + y[i], ss + ((double)y[i] * y[i]));
                    error += Math.Pow((double)x[i] - y[i], 2);
                }

                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(error / sums.Values.Sum(static sum => sum.YY - (sum.Y * sum.Y / sum.N)), result.Exits[0].ErrorBefore, 1e-6);
    }

    [Fact]
    public async Task Run_CutOffAnywhere_GivesTheSameResult()
    {
        var whole = await RunAsync();
        File.Delete(State);
        for (var stop = 1; stop < LoadedSet.Images; stop += 3)
        {
            using var cancellation = new CancellationTokenSource();
            var fit = Plan();
            var (before, done) = (fit.Todo, 0);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fit.AccumulateAsync(
                tiny.Engine,
                () =>
                {
                    if (++done == 2)
                    {
                        cancellation.Cancel();
                    }
                },
                cancellation.Token));
            Assert.Equal(before - 2, Plan().Todo);
        }

        AssertSame(whole, await RunAsync());
    }

    [Fact]
    public async Task Plan_StateOfAnotherRun_StartsAnew()
    {
        await RunAsync();
        Assert.Equal(0, Plan().Todo);
        Assert.Equal(LoadedSet.Images, Plan(Options with { Holdout = 0.5 }).Todo);
        await File.WriteAllTextAsync(State, "no state", TestContext.Current.CancellationToken);
        Assert.Equal(LoadedSet.Images, Plan().Todo);
    }

    /// <summary>Installed adapters change nothing about what a fit starts from.</summary>
    [Fact]
    public async Task Run_OnAnAdaptedModel_FitsTheRawExits()
    {
        var whole = await RunAsync();
        AdapterInstaller.InstallCopy(
            tiny.ModelFolder, _folder["adapted"], TestAdapters.Installation(null, TestAdapters.Random(1, 3, 64), TestAdapters.Random(2, 3, 64)), TestContext.Current.CancellationToken);
        using var engine = ExitsEngine.Open(_folder["adapted"], "cpu", TestContext.Current.CancellationToken);
        AssertSame(whole, await RunAsync(engine));
    }

    /// <summary>What a fit measures is what the installed model gives.</summary>
    [Fact]
    public async Task Decode_Adapters_EqualsTheInstalledModel()
    {
        ExitAdapter[] adapters = [TestAdapters.Random(1, 3, 64), TestAdapters.Random(2, 3, 64)];
        AdapterInstaller.InstallCopy(tiny.ModelFolder, _folder["adapted"], TestAdapters.Installation(null, adapters), TestContext.Current.CancellationToken);
        using var installed = ExitsEngine.Open(_folder["adapted"], "cpu", TestContext.Current.CancellationToken);
        var bytes = await File.ReadAllBytesAsync(Path.Combine(Photos, "000.png"), TestContext.Current.CancellationToken);
        using var image = tiny.Engine.Prepare(bytes, false, TestContext.Current.CancellationToken);
        using var encoded = await tiny.Engine.EncodeAsync(image, TestContext.Current.CancellationToken);
        using var decoded = await tiny.Engine.DecodeAsync(image, encoded, adapters, TestContext.Current.CancellationToken);
        using var run = await installed.RunAsync(image, false, false, TestContext.Current.CancellationToken);
        for (var exit = 0; exit < adapters.Length; exit++)
        {
            var expected = installed.ToResult(run, exit, SegmentationTasks.Panoptic, TestContext.Current.CancellationToken).Panoptic!;
            var actual = tiny.Engine.ToResult(decoded, exit, SegmentationTasks.Panoptic, TestContext.Current.CancellationToken).Panoptic!;
            var same = expected.Ids.Zip(actual.Ids).Count(static pair => pair.First == pair.Second);
            Assert.InRange(same, expected.Ids.Length * 0.99, expected.Ids.Length);
        }
    }

    [Fact]
    public void Plan_ModelOfOneExit_IsRefused()
    {
        var manifest = tiny.Engine.Model with { Exits = [3] };
        Assert.Contains("has one exit", Assert.Throws<RecipeException>(() => ExitFit.Plan(manifest, Photos, Options, State, null, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    private ExitFit Plan(ExitFitOptions? options = null, ExitsEngine? engine = null) =>
        ExitFit.Plan((engine ?? tiny.Engine).Model, Photos, options ?? Options, State, null, TestContext.Current.CancellationToken);

    private async Task<ExitFitResult> RunAsync(ExitsEngine? engine = null)
    {
        var fit = Plan(engine: engine);
        await fit.AccumulateAsync(engine ?? tiny.Engine, static () => { }, TestContext.Current.CancellationToken);
        return await fit.JudgeAsync(engine ?? tiny.Engine, static () => { }, TestContext.Current.CancellationToken);
    }

    private static void AssertSame(ExitFitResult expected, ExitFitResult actual)
    {
        Assert.Equal(expected.Exits, actual.Exits);
        Assert.All(expected.Curve, (point, i) => Assert.Equal(point.Error, actual.Curve[i].Error));
        Assert.Equal(expected.Adapters.Count, actual.Adapters.Count);
        for (var i = 0; i < expected.Adapters.Count; i++)
        {
            Assert.All(expected.Adapters[i].Levels, (level, at) => Assert.Equal(level.Weight, actual.Adapters[i].Levels[at].Weight));
            Assert.All(expected.Adapters[i].Levels, (level, at) => Assert.Equal(level.Bias, actual.Adapters[i].Levels[at].Bias));
        }
    }
}
