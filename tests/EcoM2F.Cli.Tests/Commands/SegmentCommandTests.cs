using System.Text.Json.Nodes;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

public sealed class SegmentCommandTests(TinyFiles tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Segment_NestedFolder_WritesEveryFormatAndThenNothing()
    {
        TestImages.Write(_folder["in/a.png"], 1);
        TestImages.Write(_folder["in/deep/er/b.jpg"], 2, 70, 50);
        var first = (await SegmentAsync("--format", "json,png,overlay", "--json")).Exits(0).Json;
        Assert.Equal((2, 2, 0), Counts(first));
        Assert.InRange(first["mean_depth"]!.GetValue<double>(), 1, 3);
        Assert.Equal(2, first["depths"]!.AsObject().Sum(static entry => entry.Value!.GetValue<int>()));
        Assert.Equal(
            ["a.json", "a.overlay.webp", "a.png", "deep/er/b.json", "deep/er/b.overlay.webp", "deep/er/b.png"],
            Results());

        var written = File.GetLastWriteTimeUtc(_folder["out/a.json"]);
        var second = (await SegmentAsync("--format", "overlay,png,json", "--json")).Exits(0).Json;
        Assert.Equal((2, 0, 2), Counts(second));
        Assert.Equal(written, File.GetLastWriteTimeUtc(_folder["out/a.json"]));
    }

    [Theory]
    [InlineData("panoptic")]
    [InlineData("semantic")]
    public async Task Segment_Png_HoldsTheIdsOfTheJson(string task)
    {
        TestImages.Write(_folder["in/a.png"], 3, 90, 70);
        (await SegmentAsync("--task", task, "--budget", "depth=3")).Exits(0);
        var json = JsonNode.Parse(File.ReadAllText(_folder["out/a.json"]))!;
        var (width, height, ids) = TestImages.ReadIds(_folder["out/a.png"]);
        Assert.Equal((90, 70), (width, height));
        Assert.Equal(3, json["compute"]!["depth"]!.GetValue<int>());

        var expected = new int[ids.Length];
        var segments = json[task]!["segments_info"]!.AsArray();
        Assert.NotEmpty(segments);
        foreach (var segment in segments)
        {
            var mask = new byte[ids.Length];
            new CocoRle(height, width, segment!["segmentation"]!["counts"]!.GetValue<string>()).Decode(mask);
            for (var i = 0; i < mask.Length; i++)
            {
                expected[i] += mask[i] != 0 ? segment["id"]!.GetValue<int>() : 0;
            }

            Assert.Equal(segment["area"]!.GetValue<int>(), mask.Count(static value => value != 0));
        }

        Assert.Equal(expected, ids);
    }

    [Fact]
    public async Task Segment_MaskSize_IsThatOfJsonAndPng()
    {
        TestImages.Write(_folder["in/a.png"], 3, 90, 70);
        (await SegmentAsync("--mask-size", "45")).Exits(0);
        var json = JsonNode.Parse(File.ReadAllText(_folder["out/a.json"]))!;
        var (width, height, _) = TestImages.ReadIds(_folder["out/a.png"]);

        Assert.Equal((45, 35), (width, height));
        Assert.Equal("[35,45]", json["mask_size"]!.ToJsonString());
        Assert.Equal(90, json["image"]!["width"]!.GetValue<int>());
        (await SegmentAsync("--mask-size", "40")).Exits(2).Names("mask-size|45|40");
    }

    [Fact]
    public async Task Segment_Confidence_LiesBesideThePng()
    {
        TestImages.Write(_folder["in/a.png"], 3, 90, 70);
        (await SegmentAsync("--confidence", "--task", "semantic", "--format", "png", "--mask-size", "45")).Exits(0);
        using var picture = NetVips.Image.NewFromBuffer(File.ReadAllBytes(_folder["out/a.confidence.png"]));

        Assert.Equal(["a.confidence.png", "a.png"], Results());
        Assert.Equal((45, 35, 1), (picture.Width, picture.Height, picture.Bands));
        Assert.InRange(picture.Max(), 1, 255);
    }

    [Fact]
    public async Task Segment_ConfidenceOntoAnotherImagesResult_IsRefused()
    {
        TestImages.Write(_folder["in/a.png"], 3);
        TestImages.Write(_folder["in/a.confidence.png"], 4);
        (await SegmentAsync("--confidence")).Exits(2).Names("a.confidence.png|two images|--confidence");
        (await SegmentAsync()).Exits(0);
    }

    [Fact]
    public async Task Segment_TextOutput_IsOnStdoutAndNotesAreNot()
    {
        TestImages.WriteMany(_folder["in"], 2);
        var run = (await SegmentAsync()).Exits(0);
        Assert.StartsWith("2 images: 2 segmented, 0 ", run.Out, StringComparison.Ordinal);
        Assert.Contains("mean depth", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("budget was \"none\", not \"depth=1\"", "--budget", "depth=1")]
    [InlineData("task was \"panoptic\", not \"semantic\"", "--task", "semantic")]
    [InlineData("format was \"json,png\", not \"json\"", "--format", "json")]
    public async Task Segment_AnotherRunIntoTheSameFolder_IsRefused(string message, params string[] options)
    {
        TestImages.WriteMany(_folder["in"], 1);
        (await SegmentAsync()).Exits(0);
        var run = (await SegmentAsync(options)).Exits(2);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        (await SegmentAsync("--task", "panoptic", "--format", "png, json")).Exits(0); // said otherwise, but the same
    }

    [Fact]
    public async Task Segment_Shards_CoverAllOnce()
    {
        TestImages.WriteMany(_folder["in"], 5);
        Assert.Equal((3, 3, 0), Counts((await SegmentAsync("--shard", "1/2", "--json")).Exits(0).Json));
        Assert.Equal(["000.json", "000.png", "002.json", "002.png", "004.json", "004.png"], Results());
        Assert.Equal((2, 2, 0), Counts((await SegmentAsync("--shard", "2/2", "--json")).Exits(0).Json));
        Assert.Equal((5, 0, 5), Counts((await SegmentAsync("--json")).Exits(0).Json));
    }

    [Fact]
    public async Task Segment_JobShard_IsTheIndexOfTheJob()
    {
        TestImages.WriteMany(_folder["in"], 3);
        Assert.Equal((1, 1, 0), Counts((await EcoM2FProgram.RunJobAsync(1, [.. Command, "--shard", "job/2", "--json"])).Exits(0).Json));
        Assert.Equal(["001.json", "001.png"], Results());
        (await EcoM2FProgram.RunJobAsync(2, [.. Command, "--shard", "job/2"])).Exits(2).Names("--shard|'job/2'|i/n");
        (await EcoM2FProgram.RunJobAsync(3, [.. Command, "--shard", "4/4", "--json"])).Exits(0); // a shard may be empty
    }

    [Fact]
    public async Task Segment_BrokenImages_FailAlone()
    {
        TestImages.WriteMany(_folder["in"], 3);
        File.WriteAllText(_folder["in/broken.png"], "no picture");
        File.WriteAllBytes(_folder["in/empty.jpg"], []);
        var run = (await SegmentAsync("--json")).Exits(2);
        Assert.Equal((5, 3, 0), Counts(run.Json));
        Assert.Equal([_folder["in/broken.png"], _folder["in/empty.jpg"]], run.Json["failed"]!.AsArray().Select(static failure => failure!["image"]!.GetValue<string>()));
        Assert.All(run.Json["failed"]!.AsArray(), static failure => Assert.NotEmpty(failure!["error"]!.GetValue<string>()));
        Assert.Contains("broken.png", run.Error, StringComparison.Ordinal);
        Assert.Equal(6, Results().Count);

        TestImages.Write(_folder["in/broken.png"]);
        File.Delete(_folder["in/empty.jpg"]);
        Assert.Equal((4, 1, 3), Counts((await SegmentAsync("--json")).Exits(0).Json));
    }

    [Fact]
    public async Task Segment_Failures_AreListedTogetherWithTheirReasons()
    {
        TestImages.WriteMany(_folder["in"], 1);
        File.WriteAllText(_folder["in/b.png"], "no picture");
        File.WriteAllBytes(_folder["in/a.jpg"], []);
        var lines = (await SegmentAsync()).Exits(2).Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("2 of 3 images could not be segmented:", lines[^3]);
        Assert.StartsWith($"  {_folder["in/a.jpg"]}: ", lines[^2], StringComparison.Ordinal);
        Assert.StartsWith($"  {_folder["in/b.png"]}: ", lines[^1], StringComparison.Ordinal);
        Assert.All(lines[^2..], static line => Assert.True(line.Length > line.LastIndexOf(": ", StringComparison.Ordinal) + 10));
    }

    [Fact]
    public async Task Segment_Summary_HasDepthsAndClasses()
    {
        TestImages.WriteMany(_folder["in"], 3);
        var json = (await SegmentAsync("--format", "json", "--budget", "depth=2", "--summary", "--json")).Exits(0).Json;
        var counted = new SortedDictionary<string, (int Images, int Segments)>(StringComparer.Ordinal);
        foreach (var image in Results().Select(name => JsonNode.Parse(File.ReadAllText(_folder[$"out/{name}"]))!["panoptic"]!["segments_info"]!.AsArray()))
        {
            foreach (var group in image.GroupBy(static segment => segment!["category"]!.GetValue<string>()))
            {
                var (images, segments) = counted.GetValueOrDefault(group.Key);
                counted[group.Key] = (images + 1, segments + group.Count());
            }
        }

        Assert.Equal(3, json["depths"]!["2"]!.GetValue<int>());
        Assert.NotEmpty(counted);
        Assert.Equal(
            counted.Select(static entry => (entry.Key, entry.Value)),
            json["classes"]!.AsObject().Select(static entry => (entry.Key, (entry.Value!["images"]!.GetValue<int>(), entry.Value["segments"]!.GetValue<int>()))));

        Directory.Delete(_folder["out"], recursive: true);
        var text = (await SegmentAsync("--budget", "depth=2", "--summary")).Exits(0).Out;
        Assert.Matches(@"2\s+│?\s*3\s+│?\s*#{40}", text);
        Assert.All(counted.Keys, name => Assert.Contains(name, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Segment_ListOnStdin_IsSegmented()
    {
        TestImages.WriteMany(_folder["in"], 3);
        string[] command = ["segment", "-", "-o", _folder["out"], "--model", tiny.Model, "--json"];
        var run = await EcoM2FProgram.RunWithInputAsync($"{_folder["in/000.png"]}\n{_folder["in/002.png"]}\n", command);
        Assert.Equal((2, 2, 0), Counts(run.Exits(0).Json));
        Assert.Equal((2, 0, 2), Counts((await EcoM2FProgram.RunWithInputAsync($"{_folder["in/000.png"]}\n{_folder["in/002.png"]}\n", command)).Exits(0).Json));
    }

    [Fact]
    public async Task Segment_Pattern_IsSegmented()
    {
        TestImages.WriteMany(_folder["in"], 12);
        Assert.Equal((2, 2, 0), Counts((await EcoM2FProgram.RunAsync("segment", _folder["in/01?.png"], "-o", _folder["out"], "--model", tiny.Model, "--json")).Exits(0).Json));
        Assert.Equal(["010.json", "010.png", "011.json", "011.png"], Results());
    }

    [Fact]
    public async Task Segment_ImagesOfOneStem_AreKeptApartInEveryShardAndLaterRun()
    {
        foreach (var name in (string[])["IMG_1.jpg", "IMG_1.png", "IMG_2.jpg"])
        {
            TestImages.Write(_folder[$"in/{name}"]);
        }

        Assert.Equal((2, 2, 0), Counts((await SegmentAsync("--format", "json", "--shard", "1/2", "--json")).Exits(0).Json));
        Assert.Equal((1, 1, 0), Counts((await SegmentAsync("--format", "json", "--shard", "2/2", "--json")).Exits(0).Json));
        Assert.Equal(["IMG_1.jpg.json", "IMG_1.png.json", "IMG_2.json"], Results());

        TestImages.Write(_folder["in/IMG_2.png"], 1);
        Assert.Equal((4, 1, 3), Counts((await SegmentAsync("--format", "json", "--json")).Exits(0).Json));
        Assert.Equal(["IMG_1.jpg.json", "IMG_1.png.json", "IMG_2.json", "IMG_2.png.json"], Results());
        Assert.Equal((4, 0, 4), Counts((await SegmentAsync("--format", "json", "--json")).Exits(0).Json));
    }

    [Fact]
    public async Task Segment_FolderFromAMac_HasItsImagesOnce()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs links");
        TestImages.Write(_folder["in/a.jpg"]);
        File.Move(_folder["in/a.jpg"], _folder["in/a.JFIF"]);
        File.WriteAllBytes(_folder["in/._a.jpg"], [0, 5, 0x16, 7, .. new byte[100]]);
        Directory.CreateSymbolicLink(_folder["in/loop"], _folder["in"]);
        Assert.Equal((1, 1, 0), Counts((await SegmentAsync("--json")).Exits(0).Json));
    }

    [Fact]
    public async Task Segment_MissingCodec_FailsTheImageAndNamesIt()
    {
        TestImages.WriteMany(_folder["in"], 1);
        File.Copy(Path.Combine(TestSupport.RepositoryPaths.Fixtures, "imaging", "photo.heic"), _folder["in/photo.HEIC"]);
        var run = (await SegmentAsync("--json")).Exits(2);
        Assert.Contains("HEIC", Assert.Single(run.Json["failed"]!.AsArray())!["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Segment_BudgetThatNoImageCanKeep_FailsTheImage()
    {
        TestImages.WriteMany(_folder["in"], 2);
        var run = (await SegmentAsync("--budget", "max-gmacs=0.001", "--json")).Exits(2);
        Assert.Equal(2, run.Json["failed"]!.AsArray().Count);
        Assert.Contains("smallest possible value", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Segment_OutputBelowTheImages_GoesOnTheSecondTime()
    {
        TestImages.WriteMany(_folder["in"], 2);
        string[] command = ["segment", _folder["in"], "-o", _folder["in/out"], "--model", tiny.Model, "--json"];
        Assert.Equal((2, 2, 0), Counts((await EcoM2FProgram.RunAsync(command)).Exits(0).Json));
        Assert.Equal((2, 0, 2), Counts((await EcoM2FProgram.RunAsync(command)).Exits(0).Json));
    }

    [Fact]
    public async Task Segment_ResultOntoAnImage_IsRefused()
    {
        TestImages.WriteMany(_folder["in"], 1);
        var before = File.ReadAllBytes(_folder["in/000.png"]);
        var run = (await EcoM2FProgram.RunAsync("segment", _folder["in/000.png"], "-o", _folder["in"], "--model", tiny.Model)).Exits(2);
        Assert.Contains("would be overwritten", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder["in/000.png"]));
    }

    [Fact]
    public async Task Segment_HalfAResult_IsMadeAgain()
    {
        TestImages.WriteMany(_folder["in"], 2);
        (await SegmentAsync()).Exits(0);
        File.Delete(_folder["out/000.png"]);
        File.Move(_folder["out/001.json"], _folder["out/001.json.tmp"]);
        Assert.Equal((2, 2, 0), Counts((await SegmentAsync("--json")).Exits(0).Json));
        Assert.Equal(["000.json", "000.png", "001.json", "001.png"], Results());
    }

    [Fact]
    public async Task Segment_Killed_GoesOn()
    {
        const int Images = 40;
        TestImages.WriteMany(_folder["in"], Images);
        using (var process = EcoM2FProgram.Start(Command))
        {
            await FirstResultAsync(process.WaitForExitAsync(TestContext.Current.CancellationToken));
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        AssertWhole();
        var (images, segmented, there) = Counts((await SegmentAsync("--json")).Exits(0).Json);
        Assert.Equal((Images, Images), (images, segmented + there));
        Assert.Equal(2 * Images, Results().Count);
        AssertWhole();
    }

    [Fact]
    public async Task Segment_Interrupted_StopsQuietlyAndGoesOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs kill");
        const int Images = 200;
        TestImages.WriteMany(_folder["in"], Images);
        var process = EcoM2FProgram.Start(Command);
        var run = EcoM2FProgram.FinishAsync(process);
        await FirstResultAsync(run);
        if (!run.IsCompleted)
        {
            using var kill = System.Diagnostics.Process.Start("kill", ["-INT", $"{process.Id}"]);
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        // A fast machine may have been done before the signal came.
        var interrupted = await run;
        interrupted.Exits(interrupted.ExitCode == 0 ? 0 : 130);
        if (interrupted.ExitCode != 0)
        {
            Assert.Contains("Interrupted.", interrupted.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(Results(), static name => name.EndsWith(".tmp", StringComparison.Ordinal));
        }

        AssertWhole();
        (await SegmentAsync()).Exits(0);
        Assert.Equal(2 * Images, Results().Count);
    }

    private string[] Command => ["segment", _folder["in"], "-o", _folder["out"], "--model", tiny.Model];

    private Task<ProgramRun> SegmentAsync(params string[] options) => EcoM2FProgram.RunAsync([.. Command, .. options]);

    private List<string> Results() => [.. _folder.Files("out").Where(static name => !name.StartsWith(".ecom2f", StringComparison.Ordinal))];

    private async Task FirstResultAsync(Task end)
    {
        while (Results().Count == 0 && !end.IsCompleted)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What has a result's name is a whole result.</summary>
    private void AssertWhole()
    {
        foreach (var name in Results().Where(static name => name.EndsWith(".json", StringComparison.Ordinal)))
        {
            Assert.NotNull(JsonNode.Parse(File.ReadAllText(_folder[$"out/{name}"]))!["panoptic"]);
        }

        foreach (var name in Results().Where(static name => name.EndsWith(".png", StringComparison.Ordinal)))
        {
            TestImages.ReadIds(_folder[$"out/{name}"]);
        }
    }

    private static (int Images, int Segmented, int AlreadyThere) Counts(JsonObject json) =>
        (json["images"]!.GetValue<int>(), json["segmented"]!.GetValue<int>(), json["already_there"]!.GetValue<int>());
}
