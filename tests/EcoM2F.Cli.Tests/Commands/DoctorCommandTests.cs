using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

public sealed class DoctorCommandTests(TinyFiles tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Doctor_GoodModel_SaysWhatIsThere()
    {
        var run = await EcoM2FProgram.RunAsync("doctor", "--models", tiny.Model, "--json");
        var checks = Checks(run);

        Assert.Equal(["runtime", "ONNX Runtime", "libvips", "threads", "memory", "processor", "model tiny"], checks.Select(static check => check["name"]!.GetValue<string>()));
        Assert.All((string[])["runtime", "ONNX Runtime", "libvips", "model tiny"], name => Assert.Equal("ok", State(checks, name)));
        Assert.All(checks, static check => Assert.NotEmpty(check["found"]!.GetValue<string>()));
        Assert.Contains("canary passed on cpu", Found(checks, "model tiny"), StringComparison.Ordinal);
        run.Exits(run.Json["ok"]!.GetValue<bool>() ? 0 : 1); // threads and memory are the machine's own
    }

    [Fact]
    public async Task Doctor_DamagedModelAmongOthers_IsNamedAndExits1()
    {
        TinyFiles.Copy(tiny.Model, _folder["models/good"]);
        TinyFiles.Copy(tiny.Model, _folder["models/spoilt"]);
        using (var file = File.OpenWrite(_folder["models/spoilt/weights.bin"]))
        {
            file.Seek(-1, SeekOrigin.End);
            file.WriteByte(77);
        }

        var run = (await EcoM2FProgram.RunAsync("doctor", "--models", _folder["models"])).Exits(1);
        var lines = run.Out.Split('\n');

        Assert.Contains(lines, static line => line.StartsWith("ok      model good:", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("WRONG   model spoilt:", StringComparison.Ordinal));
        Assert.Contains("weights.bin has SHA-256", run.Out, StringComparison.Ordinal);
        Assert.Contains("found something wrong", lines[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_NoModels_IsWrong()
    {
        Directory.CreateDirectory(_folder["empty"]);
        foreach (var folder in (string[])["empty", "nowhere"])
        {
            var checks = Checks((await EcoM2FProgram.RunAsync("doctor", "--models", _folder[folder], "--json")).Exits(1));
            Assert.Equal("wrong", State(checks, "models"));
            Assert.Contains(_folder[folder], Found(checks, "models"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Doctor_MoreThreadsThanCores_SaysSo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has control groups");
        var run = await EcoM2FProgram.RunWithAsync("DOTNET_PROCESSOR_COUNT", "1", "doctor", "--models", tiny.Model, "--json");
        Assert.StartsWith("1; ", Found(Checks(run), "threads"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_NarrowedProcessor_NamesTheSwitch()
    {
        var run = await EcoM2FProgram.RunWithAsync("DOTNET_EnableHWIntrinsic", "0", "doctor", "--models", tiny.Model, "--json");
        Assert.Equal("advice", State(Checks(run), "processor"));
        Assert.Contains("DOTNET_EnableHWIntrinsic", run.Json["checks"]!.AsArray().Single(static check => check!["name"]!.GetValue<string>() == "processor")!["advice"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static List<JsonObject> Checks(ProgramRun run) => [.. run.Json["checks"]!.AsArray().Select(static check => check!.AsObject())];

    private static string State(List<JsonObject> checks, string name) => checks.Single(check => check["name"]!.GetValue<string>() == name)["state"]!.GetValue<string>();

    private static string Found(List<JsonObject> checks, string name) => checks.Single(check => check["name"]!.GetValue<string>() == name)["found"]!.GetValue<string>();
}
