using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

public sealed class CompileCommandTests(TinyFiles tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Compile_Checkpoint_GivesAModelThatVerifies()
    {
        var run = (await EcoM2FProgram.RunAsync("compile", tiny.Checkpoint, "-o", _folder["models/mine"], "--json")).Exits(0);
        Assert.Equal("mine", run.Json["model"]!.GetValue<string>());
        Assert.Equal(3, run.Json["exits"]!.AsArray().Count);
        Assert.Equal(4, run.Json["profiles"]!.AsArray().Count);
        Assert.Contains("canary", run.Error, StringComparison.Ordinal);
        Assert.Contains("canary.safetensors", _folder.Files("models/mine"));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder["models"]));
        (await EcoM2FProgram.RunAsync("verify", _folder["models/mine"])).Exits(0);
    }

    [Fact]
    public async Task Compile_OntoAModel_ReplacesItAndKeepsItsCard()
    {
        TinyFiles.Copy(tiny.Model, _folder["m"]);
        File.WriteAllText(_folder["m/README.md"], "the card");
        File.WriteAllText(_folder["m/stale.onnx"], "");
        var run = (await EcoM2FProgram.RunAsync("compile", tiny.Checkpoint, "-o", _folder["m"], "--name", "other", "--model-version", "2")).Exits(0);
        Assert.Contains("3 exits, 4 gates", run.Out, StringComparison.Ordinal);
        Assert.Equal("the card", File.ReadAllText(_folder["m/README.md"]));
        Assert.False(File.Exists(_folder["m/stale.onnx"]));
        var inspect = (await EcoM2FProgram.RunAsync("inspect", _folder["m"])).Exits(0);
        Assert.StartsWith("other 2 ", inspect.Out, StringComparison.Ordinal);
    }

    /// <summary>A model of one flavour verifies as what it is, and refuses what it cannot be.</summary>
    [Fact]
    public async Task Compile_OneFlavour_VerifiesAndSaysWhatIsMissing()
    {
        var run = (await EcoM2FProgram.RunAsync("compile", tiny.Checkpoint, "-o", _folder["portable"], "--flavour", "portable", "--json")).Exits(0);
        Assert.Equal(["portable"], run.Json["flavours"]!.AsArray().Select(static flavour => flavour!.GetValue<string>()));
        (await EcoM2FProgram.RunAsync("verify", _folder["portable"], "--flavour", "fused")).Exits(0);

        (await EcoM2FProgram.RunAsync("compile", tiny.Checkpoint, "-o", _folder["fused"], "--flavour", "fused")).Exits(0);
        (await EcoM2FProgram.RunAsync("verify", _folder["fused"])).Exits(0);
        (await EcoM2FProgram.RunAsync("verify", _folder["fused"], "--flavour", "portable")).Exits(2).Names("portable|stage decoder|--flavour both");
    }

    /// <summary>fp16 graphs stand beside fp32 ones, and are verified by a tolerance of their own.</summary>
    [Fact]
    public async Task Compile_Fp16_VerifiesInBothPrecisions()
    {
        var run = (await EcoM2FProgram.RunAsync("compile", tiny.Checkpoint, "-o", _folder["half"], "--precision", "fp16", "--json")).Exits(0);
        Assert.Equal(["fp32", "fp16"], run.Json["precisions"]!.AsArray().Select(static precision => precision!.GetValue<string>()));
        var json = (await EcoM2FProgram.RunAsync("verify", _folder["half"], "--json")).Exits(0).Json;
        Assert.Contains("encoder-3.fused.onnx", json["graphs"]!.AsArray().Select(static graph => graph!.GetValue<string>()));
        json = (await EcoM2FProgram.RunAsync("verify", _folder["half"], "--precision", "fp16", "--json")).Exits(0).Json;
        Assert.Contains("encoder-3.fp16.onnx", json["graphs"]!.AsArray().Select(static graph => graph!.GetValue<string>()));
        Assert.Equal(0.2, json["tolerance"]!.GetValue<double>());
        (await EcoM2FProgram.RunAsync("verify", _folder["half"], "--precision", "fp16", "--tolerance", "1e-7")).Exits(1);
        var inspect = (await EcoM2FProgram.RunAsync("inspect", _folder["half"])).Exits(0);
        Assert.Contains("portable fp16", inspect.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_Fp16OfAModelWithout_SaysHowToGetIt()
    {
        (await EcoM2FProgram.RunAsync("verify", tiny.Model, "--precision", "fp16")).Exits(2).Names("no fp16 graphs|it has fp32|--precision fp16");
    }

    [Fact]
    public async Task Compile_WithoutConfig_SaysSo()
    {
        TinyFiles.Copy(tiny.Checkpoint, _folder["c"]);
        File.Delete(_folder["c/config.json"]);
        await RefusesAsync("config.json", _folder["c"]);
    }

    [Fact]
    public async Task Compile_NoFolder_SaysSo() => await RefusesAsync($"{_folder["absent"]}|CHECKPOINT|config.json|model.safetensors", _folder["absent"]);

    [Fact]
    public async Task Compile_OutputThatIsNoModel_IsLeftAlone()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllText(_folder["out/thesis.txt"], "dear");
        var run = (await EcoM2FProgram.RunAsync("compile", tiny.Checkpoint, "-o", _folder["out"])).Exits(2);
        Assert.Contains("will not be replaced", run.Error, StringComparison.Ordinal);
        Assert.Equal(["thesis.txt"], _folder.Files("out"));
    }

    [Fact]
    public async Task Compile_SurplusKey_IsNamed()
    {
        TinyFiles.Copy(tiny.Checkpoint, _folder["c"]);
        Rewrite(_folder["c/model.safetensors"], static writer => writer.Add("model.something_new.weight", [1f, 2f], 2));
        await RefusesAsync("model.something_new.weight", _folder["c"]);
    }

    [Fact]
    public async Task Compile_PickleOnly_IsRefusedWithTheWayOut()
    {
        TinyFiles.Copy(tiny.Checkpoint, _folder["c"]);
        File.Move(_folder["c/model.safetensors"], _folder["c/pytorch_model.bin"]);
        await RefusesAsync("pickle", _folder["c"]);
    }

    [Theory]
    [InlineData("not allowed", "--name", "A B")]
    [InlineData("--precision fp16|--flavour fused", "--precision", "fp16", "--flavour", "fused")]
    [InlineData("--model-version|''|1 to 64", "--model-version", "")]
    [InlineData("/nowhere.json", "--categories", "/nowhere.json")]
    public async Task Compile_WrongOption_NamesIt(string fragments, params string[] options) => await RefusesAsync(fragments, tiny.Checkpoint, options);

    private async Task RefusesAsync(string fragments, string checkpoint, params string[] options)
    {
        var run = (await EcoM2FProgram.RunAsync(["compile", checkpoint, "-o", _folder["models/out"], .. options])).Exits(2).Names(fragments);
        Assert.Empty(run.Out);
        Assert.Empty(_folder.Files("models"));
    }

    private static void Rewrite(string path, Action<SafetensorsWriter> change)
    {
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Tensors)
            {
                writer.Add(tensor.Name, file.Floats(tensor.Name), [.. tensor.Shape]);
            }
        }

        change(writer);
        writer.Write(path);
    }
}
