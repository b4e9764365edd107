using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>Whatever is wrong with a command line: exit code 2, and a sentence that names the option and what is allowed.</summary>
public sealed class UsageTests(TinyFiles tiny)
{
    [Fact]
    public async Task NoArguments_ShowsHelpAndExits2()
    {
        var run = (await EcoM2FProgram.RunAsync()).Exits(2);
        Assert.Contains("segment", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_ListsTheCommandsAndNoOther()
    {
        var run = (await EcoM2FProgram.RunAsync("--help")).Exits(0);
        var commands = run.Out[run.Out.IndexOf("Commands:", StringComparison.Ordinal)..].Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.Equal(
            ["compile", "fit-exits", "sizes", "quantize", "adapt", "verify", "inspect", "segment", "derive", "train-gate", "evaluate", "score", "bench", "doctor", "completion"], commands.Select(static line => line.Split(' ')[0]));
    }

    [Theory]
    [InlineData("compile", "CHECKPOINT", "--output", "--name", "--model-version", "--flavour", "--precision", "--categories", "--json")]
    [InlineData("verify", "MODEL", "EXPECTED.safetensors", "--tolerance", "0.0005", "--precision", "--json")]
    [InlineData("bench", "MODEL", "--size", "--exits", "--peer", "--rounds", "--threads", "--spin", "--flavour", "--precision", "--profile", "--json")]
    [InlineData("sizes", "MODEL", "LIST", "--output", "--force", "--json")]
    [InlineData("quantize", "MODEL", "PHOTOS", "--output", "--max-loss", "--photos", "--force", "--json")]
    [InlineData("inspect", "MODEL", "--json")]
    [InlineData("doctor", "--models", "--execution-provider", "--json")]
    [InlineData("completion", "bash|zsh|fish")]
    [InlineData("fit-exits", "MODEL", "PHOTOS", "--output", "--photos", "--holdout", "--remove", "--execution-provider", "--json")]
    [InlineData("segment", "IMAGE|FOLDER", "--output", "--model", "--task", "--budget", "--format", "coco-panoptic", "labelstudio", "yolo", "--image-ids", "--summary", "--min-area", "--fill-holes", "--mask-size", "--confidence", "--segmentation", "--tolerance", "--shard", "--execution-provider", "--precision", "--json")]
    [InlineData("evaluate", "MODEL", "DATASET", "--output", "--policy", "--agreement", "--against", "--seed", "--examples", "--tune-thresholds", "--write", "--force", "--precision", "--json")]
    [InlineData("score", "panoptic|instance|detection|semantic", "--gt", "--gt-folder", "--pred", "--pred-folder", "--json")]
    [InlineData("train-gate", "DERIVED.jsonl", "--model", "--profile", "--kind", "--loss", "--beta", "--target-depth", "--target-gmacs", "--max-quality-loss", "--sizes", "--exits", "--holdout", "--scene", "--guard", "--no-guard", "--seed", "--force", "--default", "--any-model", "--mix-datasets", "--json")]
    public async Task HelpOfCommand_NamesEveryOption(string command, params string[] words)
    {
        var run = (await EcoM2FProgram.RunAsync(command, "--help")).Exits(0);
        Assert.All(words, word => Assert.Contains(word, run.Out, StringComparison.Ordinal));
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Version_IsANumber()
    {
        var run = (await EcoM2FProgram.RunAsync("--version")).Exits(0);
        Assert.Matches(@"^\d+\.\d+\.\d+", run.Out);
    }

    [Theory]
    [InlineData("command|'bogus'|compile|verify|inspect|fit-exits|segment|derive|train-gate|evaluate|score|bench", "bogus")]
    [InlineData("option|'--bogus'|--tolerance|--flavour|--precision|--json", "verify", "m", "--bogus")]
    [InlineData("option|'--bogus'|--output", "segment", "x", "-o", "OUT", "--bogus", "3")]
    [InlineData("argument|'b'", "inspect", "a", "b")]
    [InlineData("'--output' is required", "segment", "x")]
    [InlineData("'--output' is required", "compile", "x")]
    [InlineData("'inspect'", "inspect")]
    [InlineData("--tolerance|'-1'|numbers from 0", "verify", "m", "--tolerance", "-1")]
    [InlineData("--tolerance|'abc'|numbers from 0", "verify", "m", "--tolerance", "abc")]
    [InlineData("--tolerance|'NaN'|numbers from 0", "verify", "m", "--tolerance", "NaN")]
    [InlineData("--flavour|'fast'|both|portable|fused", "compile", "x", "-o", "OUT", "--flavour", "fast")]
    [InlineData("--precision|bf16|not available", "compile", "x", "-o", "OUT", "--precision", "bf16")]
    [InlineData("--precision|int8|not available", "compile", "x", "-o", "OUT", "--precision", "int8")]
    [InlineData("--precision|'fp64'|fp32|fp16", "compile", "x", "-o", "OUT", "--precision", "fp64")]
    [InlineData("--execution-provider|'tpu'|cpu|cuda", "segment", "x", "-o", "OUT", "--execution-provider", "tpu")]
    [InlineData("--format|'bogus'|json, png, overlay", "segment", "x", "-o", "OUT", "--format", "json,bogus")]
    [InlineData("--format|empty|json, png, overlay", "segment", "x", "-o", "OUT", "--format", ",")]
    [InlineData("--format png|panoptic|semantic|--task", "segment", "x", "-o", "OUT", "--task", "instance", "--format", "png")]
    [InlineData("--format png|panoptic|semantic|--task", "segment", "x", "-o", "OUT", "--task", "panoptic,semantic", "--format", "png")]
    [InlineData("--task|'bogus'|model 'default'|panoptic, instance, semantic", "segment", "x", "-o", "OUT", "--task", "bogus")]
    [InlineData("--shard|'0/2'|i/n|job/n", "segment", "x", "-o", "OUT", "--shard", "0/2")]
    [InlineData("--shard|'3/2'|i/n|job/n", "segment", "x", "-o", "OUT", "--shard", "3/2")]
    [InlineData("--shard|'job/2'|i/n|job/n", "segment", "x", "-o", "OUT", "--shard", "job/2")]
    [InlineData("--budget|colour|profile, beta, depth", "segment", "x", "-o", "OUT", "--budget", "colour=red")]
    [InlineData("--budget|RFC 9651|key=value", "segment", "x", "-o", "OUT", "--budget", "depth==3")]
    [InlineData("SHELL|'tcsh'|bash, zsh, fish", "completion", "tcsh")]
    [InlineData("--execution-provider|'tpu'|cpu|cuda", "doctor", "--execution-provider", "tpu")]
    [InlineData("--model|'/nowhere/at/all'", "segment", "x", "-o", "OUT", "--model", "/nowhere/at/all")]
    public async Task WrongCommandLine_NamesWhatIsAllowed(string fragments, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var run = (await EcoM2FProgram.RunAsync([.. arguments.Select(argument => argument == "OUT" ? folder["out"] : argument)])).Exits(2).Names(fragments);
        Assert.Empty(run.Out);
        Assert.Empty(folder.Files("out"));
    }

    [Theory]
    [InlineData("exit 9|1, 2, 3", "--budget", "depth=9")]
    [InlineData("profile 'slow'|balanced, best, fast", "--budget", "profile=slow")]
    public async Task WhatTheModelLacks_IsNamedBeforeAnythingIsWritten(string fragments, params string[] options)
    {
        using var folder = new TemporaryFolder();
        TestImages.Write(folder["in/a.png"]);
        string[] command = ["segment", folder["in"], "-o", folder["out"], "--model", tiny.Model];
        (await EcoM2FProgram.RunAsync([.. command, .. options])).Exits(2).Names($"{options[0]}: |{fragments}");
        (await EcoM2FProgram.RunAsync(command)).Exits(0); // the folder is not spoilt
    }

    [Theory]
    [InlineData("segment", "x", "-o", "OUT", "--task", "bogus")]
    [InlineData("verify", "/nowhere", "--tolerance", "-1")]
    [InlineData("compile", "/nowhere", "-o", "OUT")]
    [InlineData("inspect", "/nowhere")]
    public async Task Json_WithAnError_IsAnObjectThatSaysIt(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var run = (await EcoM2FProgram.RunAsync([.. arguments.Select(argument => argument == "OUT" ? folder["out"] : argument), "--json"])).Exits(2);
        var error = run.Json["error"]!.GetValue<string>();
        Assert.NotEmpty(error);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
    }
}
