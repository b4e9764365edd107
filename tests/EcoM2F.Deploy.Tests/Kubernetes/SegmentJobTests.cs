using System.Text.Json.Nodes;
using NetVips;

namespace EcoM2F.Deploy.Tests.Kubernetes;

public sealed class SegmentJobTests
{
    private const int Images = 7;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Job_TwoIndexes_SegmentEveryImageOnce()
    {
        using var job = WithImages();
        var runs = new[] { await job.RunAsync(0, Token), await job.RunAsync(1, Token) };

        Assert.Equal([4, 3], runs.Select(static run => run["segmented"]!.GetValue<int>()));
        Assert.Equal(Expected(), job.Results());
        Assert.All([await job.RunAsync(0, Token), await job.RunAsync(1, Token)], (JsonObject again) => Assert.Equal(0, again["segmented"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Job_EvictedIndex_GoesOnWhereItStopped()
    {
        using var job = WithImages();
        await job.EvictAsync(0, Token);
        var done = job.Results().Count(static name => name.EndsWith(".png", StringComparison.Ordinal));
        var again = await job.RunAsync(0, Token);
        await job.RunAsync(1, Token);

        Assert.Equal(4, again["images"]!.GetValue<int>());
        Assert.Equal(4, again["segmented"]!.GetValue<int>() + again["already_there"]!.GetValue<int>());
        Assert.InRange(again["already_there"]!.GetValue<int>(), 0, done);
        Assert.Equal(Expected(), job.Results());
    }

    [Fact]
    public void Job_Shards_AreItsCompletions()
    {
        var spec = DeployFiles.Jobs().Only("Job").At("spec");
        var arguments = Assert.Single(spec.At("template.spec").Containers())["args"]!.AsArray().Select(static word => word!.GetValue<string>()).ToList();

        Assert.Equal("Indexed", spec.Text("completionMode"));
        Assert.Equal($"job/{spec.Text("completions")}", arguments[arguments.IndexOf("--shard") + 1]);
        Assert.True(spec["parallelism"]!.GetValue<long>() <= spec["completions"]!.GetValue<long>());
    }

    [Fact]
    public void Job_Disruption_IsNotCountedAndBadInputNotRepeated()
    {
        var spec = DeployFiles.Jobs().Only("Job").At("spec");
        var rules = spec.At("podFailurePolicy").List("rules");
        var bad = rules[1].At("onExitCodes");

        Assert.Equal(["Ignore", "FailIndex"], rules.Select(static rule => rule.Text("action")));
        Assert.Equal("DisruptionTarget", Assert.Single(rules[0].List("onPodConditions")).Text("type"));
        Assert.Equal(2, Assert.Single(bad["values"]!.AsArray())!.GetValue<long>());
        Assert.Equal(Assert.Single(spec.At("template.spec").Containers()).Text("name"), bad.Text("containerName"));
        Assert.True(spec["backoffLimitPerIndex"]!.GetValue<long>() >= 1);
        Assert.Equal("Failed", spec.Text("podReplacementPolicy"));
        Assert.Equal("Never", spec.At("template.spec").Text("restartPolicy")); // what the API asks for beside both
    }

    private static SegmentJob WithImages()
    {
        var job = new SegmentJob(2);
        for (var i = 0; i < Images; i++)
        {
            using var image = (Image.Black(96, 64, 3) + (30.0 * i)).Cast(Enums.BandFormat.Uchar);
            image.WriteToFile(Path.Combine(job.Images, $"{i}.png"));
        }

        return job;
    }

    private static IEnumerable<string> Expected() => Enumerable.Range(0, Images).SelectMany(static i => (string[])[$"{i}.json", $"{i}.png"]);
}
