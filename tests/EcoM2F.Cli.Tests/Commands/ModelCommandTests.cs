using System.Text.Json.Nodes;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>verify and inspect, on a good model folder and on spoilt ones.</summary>
public sealed class ModelCommandTests(TinyFiles tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Verify_OwnCanary_Passes()
    {
        var json = (await EcoM2FProgram.RunAsync("verify", tiny.Model, "--json")).Exits(0).Json;
        Assert.True(json["passed"]!.GetValue<bool>());
        Assert.Equal(0.0005, json["tolerance"]!.GetValue<double>());
        Assert.Contains("case0.exit.3.class_queries_logits", json["max_abs"]!.AsObject().Select(static entry => entry.Key));
        Assert.Empty(json["failures"]!.AsArray());
    }

    [Theory]
    [InlineData("fused", "encoder-3.fused.onnx", "decoder.fused.onnx")]
    [InlineData("portable", "encoder-3.onnx", "decoder.onnx")]
    public async Task Verify_Flavour_RunsItsGraphsAndSharesTheOthers(string flavour, string encoder, string decoder)
    {
        var json = (await EcoM2FProgram.RunAsync("verify", tiny.Model, "--flavour", flavour, "--json")).Exits(0).Json;
        var graphs = json["graphs"]!.AsArray().Select(static graph => graph!.GetValue<string>()).ToList();
        Assert.Contains(encoder, graphs);
        Assert.Contains("stem.onnx", graphs);
        Assert.Contains(decoder, graphs);
        Assert.Equal(5, graphs.Count);
    }

    /// <summary>As on a machine without the wider sets: the .NET runtime's switches turn them off, each with all beyond it.</summary>
    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task Verify_NarrowerVectors_Passes(string setSwitch) =>
        (await EcoM2FProgram.RunWithAsync(setSwitch, "0", "verify", tiny.Model, "--flavour", "fused")).Exits(0);

    [Fact]
    public async Task Verify_GivenFile_ComparesWhatItHoldsAndListsTheRest()
    {
        var expected = Expected(static (name, values) => values, extra: "case0.exit.1.something_else");
        var run = (await EcoM2FProgram.RunAsync("verify", tiny.Model, expected, "--json")).Exits(0);
        Assert.Equal(["case0.exit.1.something_else"], run.Json["skipped"]!.AsArray().Select(static name => name!.GetValue<string>()));
    }

    [Fact]
    public async Task Verify_ChangedValue_FailsWithCode1AndNamesIt()
    {
        var expected = Expected(static (name, values) =>
        {
            values[0] += name == "case0.pooled" ? 0.5f : 0;
            return values;
        });
        var run = (await EcoM2FProgram.RunAsync("verify", tiny.Model, expected, "--json")).Exits(1);
        Assert.False(run.Json["passed"]!.GetValue<bool>());
        Assert.Contains("case0.pooled", Assert.Single(run.Json["failures"]!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);
        Assert.InRange(run.Json["max_abs"]!["case0.pooled"]!.GetValue<double>(), 0.49, 0.51);
        var text = (await EcoM2FProgram.RunAsync("verify", tiny.Model, expected)).Exits(1);
        Assert.Contains("FAILED case0.pooled", text.Out, StringComparison.Ordinal);
        (await EcoM2FProgram.RunAsync("verify", tiny.Model, expected, "--tolerance", "0.6")).Exits(0);
    }

    [Fact]
    public async Task Verify_NothingToCompare_Fails()
    {
        var writer = new SafetensorsWriter();
        writer.Add("pooled", [1f], 1);
        writer.Write(_folder["empty.safetensors"]);
        var run = (await EcoM2FProgram.RunAsync("verify", tiny.Model, _folder["empty.safetensors"], "--json")).Exits(1);
        Assert.False(run.Json["passed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Verify_InputThatNoGraphTakes_IsBadInput()
    {
        var writer = new SafetensorsWriter();
        writer.Add("case0.pixel_values", new float[2 * 64 * 64], 1, 2, 64, 64);
        writer.Add("case0.pooled", [1f], 1);
        writer.Write(_folder["odd.safetensors"]);
        (await EcoM2FProgram.RunAsync("verify", tiny.Model, _folder["odd.safetensors"])).Exits(2);
    }

    [Fact]
    public async Task Verify_FileThatIsNone_IsBadInput()
    {
        File.WriteAllText(_folder["text"], "not a tensor in sight");
        var run = (await EcoM2FProgram.RunAsync("verify", tiny.Model, _folder["text"])).Exits(2);
        Assert.Contains(_folder["text"], run.Error, StringComparison.Ordinal);
        run = (await EcoM2FProgram.RunAsync("verify", tiny.Model, _folder["absent"])).Exits(2);
        Assert.Contains("absent does not exist", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_GoodModel_ShowsItAndItsHashes()
    {
        var json = (await EcoM2FProgram.RunAsync("inspect", tiny.Model, "--json")).Exits(0).Json;
        Assert.Equal("ok", json["hashes"]!.GetValue<string>());
        Assert.Equal("tiny", json["name"]!.GetValue<string>());
        Assert.Equal([1, 2, 3], json["exits"]!.AsArray().Select(static exit => exit!.GetValue<int>()));
        Assert.True(json["bytes"]!.GetValue<long>() > 100_000);
        var text = (await EcoM2FProgram.RunAsync("inspect", tiny.Model)).Exits(0);
        foreach (var word in new[] { "tiny 1", "Apache-2.0", "stem (portable fp32); encoder, encoder-exits, decoder (portable fp32, fused fp32)", "GMACs", "exit 3", "weights.bin", "hashes      ok" })
        {
            Assert.Contains(word, text.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Inspect_ManyLongNames_BreaksNoLine()
    {
        TinyFiles.Copy(tiny.Model, _folder["wide"]);
        var manifest = JsonNode.Parse(File.ReadAllText(_folder["wide/model.json"]))!;
        foreach (var item in manifest["classes"]!.AsArray())
        {
            item!["name"] = $"[{new string('x', 400)}]{item["id"]}"; // brackets are markup to the console library
        }

        File.WriteAllText(_folder["wide/model.json"], manifest.ToJsonString());
        var run = (await EcoM2FProgram.RunAsync("inspect", _folder["wide"])).Exits(0);
        Assert.Single(run.Out.Split('\n'), static line => line.StartsWith("classes", StringComparison.Ordinal) && line.EndsWith("]3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TamperedFile_InspectAndVerifyNameItAndFail()
    {
        TinyFiles.Copy(tiny.Model, _folder["spoilt"]);
        var bytes = File.ReadAllBytes(_folder["spoilt/weights.bin"]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(_folder["spoilt/weights.bin"], bytes);

        var inspect = (await EcoM2FProgram.RunAsync("inspect", _folder["spoilt"], "--json")).Exits(1);
        Assert.Contains("weights.bin has SHA-256", inspect.Json["hashes"]!.GetValue<string>(), StringComparison.Ordinal);
        var text = (await EcoM2FProgram.RunAsync("inspect", _folder["spoilt"])).Exits(1);
        Assert.Contains("WRONG", text.Out, StringComparison.Ordinal);
        var verify = (await EcoM2FProgram.RunAsync("verify", _folder["spoilt"])).Exits(1);
        Assert.Contains("FAILED", verify.Out, StringComparison.Ordinal);
        Assert.Contains("weights.bin", verify.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FolderThatIsNoModel_IsBadInput()
    {
        var run = (await EcoM2FProgram.RunAsync("inspect", _folder.Path)).Exits(2);
        Assert.Contains("model.json", run.Error, StringComparison.Ordinal);
        File.WriteAllText(_folder["model.json"], "{");
        (await EcoM2FProgram.RunAsync("inspect", _folder.Path)).Exits(2);
        (await EcoM2FProgram.RunAsync("verify", _folder.Path)).Exits(2);
    }

    /// <summary>The model's canary, changed, as a file of its own.</summary>
    private string Expected(Func<string, float[], float[]> change, string? extra = null)
    {
        var writer = new SafetensorsWriter();
        using (var canary = SafetensorsFile.Open(Path.Combine(tiny.Model, "canary.safetensors")))
        {
            foreach (var tensor in canary.Tensors)
            {
                writer.Add(tensor.Name, change(tensor.Name, canary.Floats(tensor.Name)), [.. tensor.Shape]);
            }
        }

        if (extra is not null)
        {
            writer.Add(extra, [1f, 2f], 2);
        }

        writer.Write(_folder["expected.safetensors"]);
        return _folder["expected.safetensors"];
    }
}
