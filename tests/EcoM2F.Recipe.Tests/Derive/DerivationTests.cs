using EcoM2F.Inference.Compute;
using EcoM2F.Recipe.Derive;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Derive;

public sealed class DerivationTests(LoadedSet tiny) : IDisposable
{
    /// <summary>Qualities of the same image may differ by this: the contract of the rows.</summary>
    private const double Tolerance = 0.005;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_EveryImage_IsBestWhereItsTruthWasMade()
    {
        var rows = await DeriveAsync("all.jsonl");
        Assert.Equal(tiny.Set.Images.Select(static image => image.Name), rows.Select(static row => row.Image));
        Assert.Equal(LoadedSet.Images, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal([1, 2, 3], rows[i].Points.Select(static point => point.Depth));
            Assert.Equal(1, rows[i].Quality[i % 3], Tolerance);
            Assert.Equal(tiny.Set.Hash, rows[i].Dataset);
            Assert.Equal(ModelIdentity.Of(tiny.Engine.Model), rows[i].Model);
            Assert.Equal(64, rows[i].Pooled.Length);
            Assert.Equal([Stage.Decode, Stage.Stem, Stage.Encoder, Stage.Decoder, Stage.Mask], rows[i].Times!.All.Select(static time => time.Stage));
        }

        Assert.Contains(rows, static row => row.Quality.Max() - row.Quality.Min() > 0.05); // or depth would not matter in these tests
    }

    [Fact]
    public async Task Run_CutOffAnywhere_GivesTheSameRows()
    {
        var whole = await DeriveAsync("all.jsonl");
        var bytes = await File.ReadAllBytesAsync(_folder["all.jsonl"], TestContext.Current.CancellationToken);
        var random = new Random(8);
        int[] cuts = [0, 1, bytes.Length - 1, Array.IndexOf(bytes, (byte)'\n'), Array.IndexOf(bytes, (byte)'\n') + 1, .. Enumerable.Range(0, 12).Select(_ => random.Next(bytes.Length))];
        foreach (var cut in cuts)
        {
            await File.WriteAllBytesAsync(_folder["cut.jsonl"], bytes[..cut], TestContext.Current.CancellationToken);
            AssertSame(whole, await DeriveAsync("cut.jsonl"));
        }
    }

    [Fact]
    public async Task Run_CompleteFile_IsLeftAlone()
    {
        await DeriveAsync("all.jsonl");
        var before = await File.ReadAllBytesAsync(_folder["all.jsonl"], TestContext.Current.CancellationToken);
        Assert.Empty(Plan("all.jsonl").Todo);
        Assert.Equal(before, await File.ReadAllBytesAsync(_folder["all.jsonl"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_Shards_MergeToTheSameRows()
    {
        var whole = await DeriveAsync("all.jsonl");
        var merged = new List<DerivedRow>();
        for (var shard = 0; shard < 4; shard++)
        {
            var name = $"part{shard}.jsonl";
            var part = await DeriveAsync(name, position => position % 4 == shard);
            Assert.Equal(tiny.Set.Images.Where((_, position) => position % 4 == shard).Select(static image => image.Name), part.Select(static row => row.Image));
            merged.AddRange(part);
            File.AppendAllBytes(_folder["merged.jsonl"], File.ReadAllBytes(_folder[name]));
        }

        AssertSame(whole, [.. merged.OrderBy(static row => row.Image, StringComparer.Ordinal)]);
        Assert.Empty(Plan("merged.jsonl").Todo); // complete, in whatever order
    }

    [Fact]
    public async Task Plan_FileOfAnotherShard_IsRefused()
    {
        await DeriveAsync("part.jsonl", static position => position % 2 == 1);
        Assert.Contains("is of another shard", Assert.Throws<RecipeException>(() => Plan("part.jsonl")).Message, StringComparison.Ordinal);
        Assert.Contains("is of another shard", Assert.Throws<RecipeException>(() => Plan("part.jsonl", static position => position % 2 == 0)).Message, StringComparison.Ordinal);
        Assert.Contains("is of another shard", Assert.Throws<RecipeException>(() => Plan("part.jsonl", static position => position == 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"model\":\"", "is of another model")]
    [InlineData("\"dataset\":\"", "is of another data set")]
    public async Task Plan_FileOfAnotherRun_IsRefused(string field, string message)
    {
        await DeriveAsync("all.jsonl");
        var text = await File.ReadAllTextAsync(_folder["all.jsonl"], TestContext.Current.CancellationToken);
        _folder.Write("all.jsonl", text.Replace(field, field + "f", StringComparison.Ordinal));
        Assert.Contains($"line 1 {message}", Assert.Throws<RecipeException>(() => Plan("all.jsonl")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("notes of mine")]
    [InlineData("notes of mine\nand more\n")]
    [InlineData("{\"image\":\"a\"}\n")]
    [InlineData("\n")]
    public void Plan_FileOfAnotherKind_IsRefusedAndKept(string content)
    {
        var path = _folder.Write("notes", content);
        Assert.Throws<RecipeException>(() => Plan("notes"));
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public async Task Plan_ImageThereTwice_IsRefused()
    {
        await DeriveAsync("all.jsonl", static position => position < 2);
        var lines = await File.ReadAllLinesAsync(_folder["all.jsonl"], TestContext.Current.CancellationToken);
        _folder.Write("all.jsonl", $"{lines[0]}\n{lines[0]}\n");
        Assert.Throws<RecipeException>(() => Plan("all.jsonl"));
    }

    [Fact]
    public async Task Run_FileOpenInAnotherRun_IsRefused()
    {
        var derivation = Plan("all.jsonl");
        using var other = DerivedFile.Open(_folder["all.jsonl"], 0);
        await Assert.ThrowsAsync<RecipeException>(() => derivation.RunAsync(tiny.Engine, static () => { }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_Cancelled_KeepsWholeRowsAndGoesOn()
    {
        using var stop = new CancellationTokenSource();
        var rows = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Plan("all.jsonl").RunAsync(
            tiny.Engine,
            () =>
            {
                if (++rows == 3)
                {
                    stop.Cancel();
                }
            },
            stop.Token));
        Assert.InRange(new DerivedRowReader(_folder["all.jsonl"]).Read().Count(), 3, LoadedSet.Images - 1);
        Assert.Equal(LoadedSet.Images, (await DeriveAsync("all.jsonl")).Count);
    }

    private Derivation Plan(string name, Func<int, bool>? takes = null) => Derivation.Plan(tiny.Engine.Model, tiny.Set, takes ?? (static _ => true), _folder[name]);

    private async Task<List<DerivedRow>> DeriveAsync(string name, Func<int, bool>? takes = null)
    {
        await Plan(name, takes).RunAsync(tiny.Engine, static () => { }, TestContext.Current.CancellationToken);
        return [.. new DerivedRowReader(_folder[name]).Read()];
    }

    private static void AssertSame(List<DerivedRow> expected, List<DerivedRow> actual)
    {
        Assert.Equal(expected.Select(static row => row.Image), actual.Select(static row => row.Image));
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.All(expected[i].Quality, (quality, exit) => Assert.Equal(quality, actual[i].Quality[exit], Tolerance));
            Assert.All(expected[i].Pooled, (value, at) => Assert.Equal(value, actual[i].Pooled[at], 1e-4f));
        }
    }
}
