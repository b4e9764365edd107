using System.Diagnostics;
using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

public sealed class DeriveCommandTests(TinyFiles tiny) : IAsyncLifetime
{
    private const int Images = 16;
    private const double Tolerance = 0.005;

    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync() => await TinyDataset.WriteAsync(_folder["set"], tiny.Model, Images);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Derive_KilledAtRandomMoments_GivesTheRowsOfAnUndisturbedRun()
    {
        var whole = (await EcoM2FProgram.RunAsync(Command("whole.jsonl", "--json"))).Exits(0).Json;
        Assert.Equal((Images, Images, 0), Counts(whole));
        var random = new Random(88);
        var kills = 0;
        for (var attempt = 0; attempt < 20 && kills < 2; attempt++)
        {
            File.Delete(_folder["killed.jsonl"]); // a busy machine may see the first run only when it is done
            kills = await KillUntilNearlyWholeAsync(random);
        }

        Assert.True(kills > 1, "One run was never stopped before its end.");
        (await EcoM2FProgram.RunAsync(Command("killed.jsonl"))).Exits(0);
        AssertSame(Rows("whole.jsonl"), Rows("killed.jsonl"));
        Assert.All((string[])["whole.jsonl", "killed.jsonl"], name => Assert.Equal((byte)'\n', File.ReadAllBytes(_folder[name])[^1]));
    }

    [Fact]
    public async Task Derive_Interrupted_KeepsWholeRowsAndGoesOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs kill");
        var process = EcoM2FProgram.Start(Command("rows.jsonl"));
        var run = EcoM2FProgram.FinishAsync(process);
        while (!run.IsCompleted && Length("rows.jsonl") == 0)
        {
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        if (!run.IsCompleted)
        {
            using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        // A fast machine may have been done before the signal came.
        var interrupted = await run;
        interrupted.Exits(interrupted.ExitCode == 0 ? 0 : 130);
        var kept = Rows("rows.jsonl").Count;
        var again = (await EcoM2FProgram.RunAsync(Command("rows.jsonl", "--json"))).Exits(0).Json;
        Assert.Equal((Images, Images - kept, kept), Counts(again));
    }

    [Fact]
    public async Task Derive_ShardsAndOtherRuns_AreToldApart()
    {
        (await EcoM2FProgram.RunAsync(Command("all.jsonl"))).Exits(0);
        Assert.Equal((6, 6, 0), Counts((await EcoM2FProgram.RunAsync(Command("1.jsonl", "--shard", "1/3", "--json"))).Exits(0).Json));
        (await EcoM2FProgram.RunAsync(Command("2.jsonl", "--shard", "2/3"))).Exits(0);
        (await EcoM2FProgram.RunJobAsync(2, Command("3.jsonl", "--shard", "job/3"))).Exits(0);
        File.WriteAllText(_folder["merged.jsonl"], string.Concat(((string[])["1", "2", "3"]).Select(name => File.ReadAllText(_folder[name + ".jsonl"]))));
        AssertSame(Rows("all.jsonl"), [.. Rows("merged.jsonl").OrderBy(static row => row["image"]!.GetValue<string>(), StringComparer.Ordinal)]);

        (await EcoM2FProgram.RunAsync(Command("1.jsonl", "--shard", "2/3"))).Exits(2).Names("1.jsonl|another shard");
        (await EcoM2FProgram.RunAsync(Command("1.jsonl"))).Exits(2).Names("1.jsonl|another shard");
        TinyModel.CompileTo(_folder["other"], seed: 2);
        (await EcoM2FProgram.RunAsync("derive", _folder["other"], _folder["set/set.json"], "-o", _folder["all.jsonl"])).Exits(2).Names("all.jsonl|another model");

        var written = File.GetLastWriteTimeUtc(_folder["all.jsonl"]);
        Assert.Equal((Images, 0, Images), Counts((await EcoM2FProgram.RunAsync(Command("all.jsonl", "--json"))).Exits(0).Json));
        Assert.Equal(written, File.GetLastWriteTimeUtc(_folder["all.jsonl"]));
        File.AppendAllText(_folder["set/truth.json"], " ");
        (await EcoM2FProgram.RunAsync(Command("all.jsonl"))).Exits(2).Names("all.jsonl|another data set");
    }

    [Fact]
    public async Task Derive_ImageCutOff_IsFoundBeforeAnyWork()
    {
        var photo = File.ReadAllBytes(_folder["set/images/007.png"]);
        File.WriteAllBytes(_folder["set/images/007.png"], photo[..(photo.Length / 2)]);
        var run = (await EcoM2FProgram.RunAsync(Command("rows.jsonl", "--json"))).Exits(2);
        Assert.Contains("007.png cannot be read", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["rows.jsonl"]));
    }

    [Theory]
    [InlineData("--shard|'0/2'|i/n", "--shard", "0/2")]
    [InlineData("--execution-provider|'tpu'|cpu|cuda", "--execution-provider", "tpu")]
    [InlineData("option|'--resume'|--output", "--resume")]
    public async Task Derive_WrongCommandLine_NamesWhatIsAllowed(string fragments, params string[] options) =>
        (await EcoM2FProgram.RunAsync(Command("rows.jsonl", options))).Exits(2).Names(fragments);

    [Theory]
    [InlineData("/nowhere/model", "/nowhere/set.json", "/nowhere/model")]
    [InlineData(null, "/nowhere/set.json", "/nowhere/set.json")]
    public async Task Derive_NothingThere_IsSaid(string? model, string set, string message)
    {
        var run = (await EcoM2FProgram.RunAsync("derive", model ?? tiny.Model, set, "-o", _folder["rows.jsonl"], "--json")).Exits(2);
        Assert.Contains(message, run.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    /// <returns>How many runs it took.</returns>
    private async Task<int> KillUntilNearlyWholeAsync(Random random)
    {
        var kills = 0;
        for (long length = 0; length < Length("whole.jsonl") * 0.9; length = Length("killed.jsonl"))
        {
            using var process = EcoM2FProgram.Start(Command("killed.jsonl"));
            var exited = process.WaitForExitAsync(TestContext.Current.CancellationToken);
            var enough = length + (Length("whole.jsonl") / Images * random.Next(1, 5));
            while (!exited.IsCompleted && Length("killed.jsonl") < enough)
            {
                await Task.Delay(random.Next(1, 4), TestContext.Current.CancellationToken);
            }

            process.Kill(); // SIGKILL
            await exited;
            kills++;
        }

        return kills;
    }

    private string[] Command(string output, params string[] options) => ["derive", tiny.Model, _folder["set/set.json"], "-o", _folder[output], .. options];

    private List<JsonNode> Rows(string name) => [.. File.ReadLines(_folder[name]).Select(static line => JsonNode.Parse(line)!)];

    /// <summary>Asked without opening the file, which a run holds alone.</summary>
    private long Length(string name) => File.Exists(_folder[name]) ? new FileInfo(_folder[name]).Length : 0;

    private static (int Images, int Derived, int There) Counts(JsonObject json) =>
        (json["images"]!.GetValue<int>(), json["derived"]!.GetValue<int>(), json["already_there"]!.GetValue<int>());

    private static void AssertSame(List<JsonNode> expected, List<JsonNode> actual)
    {
        Assert.Equal(expected.Select(static row => row["image"]!.GetValue<string>()), actual.Select(static row => row["image"]!.GetValue<string>()));
        for (var i = 0; i < expected.Count; i++)
        {
            var (one, other) = (expected[i]["quality"]!.AsArray(), actual[i]["quality"]!.AsArray());
            Assert.All(Enumerable.Range(0, one.Count), exit => Assert.Equal(one[exit]!.GetValue<double>(), other[exit]!.GetValue<double>(), Tolerance));
        }
    }
}
