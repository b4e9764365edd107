using System.CommandLine;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f compile</c>: a Hugging Face checkpoint folder becomes a model folder, canary included.</summary>
internal static class CompileCommand
{
    /// <summary>As the manifest's rules have it.</summary>
    private const int MaxVersionLength = 64;

    public static Command Create()
    {
        var checkpoint = new Argument<DirectoryInfo>("CHECKPOINT") { Description = "Folder with config.json and model.safetensors; ecom2f.json and preprocessor_config.json are optional." };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Model folder to create or replace (its README.md is kept).", Required = true, HelpName = "MODEL" };
        var name = new Option<string?>("--name") { Description = "The model's name [a-z, 0-9, '.', '_', '-', at most 64; default: the folder's name].", HelpName = "NAME" };
        var version = new Option<string>("--model-version") { Description = "The model's version.", HelpName = "VERSION", DefaultValueFactory = static _ => "1" };
        var flavour = SharedOptions.Choice(
            "--flavour", "fused: our own sampling operator, for the CPU; portable: standard operators only, for any device.", "both", GraphFlavours.Portable, GraphFlavours.Fused);
        var precision = SharedOptions.Choice("--precision", "fp16 adds portable fp16 graphs for GPUs beside the fp32 ones.", GraphPrecisions.Fp32, GraphPrecisions.Fp16);
        precision.Validators.Insert(0, static result =>
        {
            if (result.Tokens is [{ Value: "bf16" or "int8" } token])
            {
                result.AddError($"--precision {token.Value} is not available yet.");
            }
        });
        var sizes = new Option<string?>("--sizes") { Description = $"Comma-separated list of sizes that images may be resized to, in pixels: {SizesCommand.ListHelp}", HelpName = "LIST" };
        var decoderExits = DecoderExits();
        var categories = new Option<FileInfo?>("--categories") { Description = "JSON file whose 'classes' give the id, name, isthing and color of every label.", HelpName = "FILE" };
        var json = SharedOptions.Json();
        var command = new Command("compile", "Compile a checkpoint to staged ONNX graphs, one weights file and model.json.") { checkpoint, output, name, version, flavour, precision, sizes, decoderExits, categories, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var options = new CompileOptions
            {
                CheckpointFolder = parsed.GetRequiredValue(checkpoint).FullName,
                OutputFolder = parsed.GetRequiredValue(output).FullName,
                Name = parsed.GetValue(name),
                Version = parsed.GetRequiredValue(version),
                Flavours = Enum.Parse<CompiledFlavours>(parsed.GetRequiredValue(flavour), ignoreCase: true),
                Precision = parsed.GetRequiredValue(precision),
                Sizes = parsed.GetValue(sizes),
                DecoderExits = parsed.GetValue(decoderExits),
                CategoriesFile = parsed.GetValue(categories)?.FullName,
                WriteCanary = CanaryWriter.WriteInto,
            };
            return CommandRunner.RunAsync(report, () => Run(options, report, cancellationToken), cancellationToken);
        });
        return command;
    }

    public static Option<string?> DecoderExits() => new("--decoder-exits")
    {
        Description = "Comma-separated list of decoder layers after which a Mask2Former may also stop, such as 3,6; all layers are always among them. [default: only all layers]",
        HelpName = "LIST",
    };

    /// <exception cref="CliException">An option is wrong.</exception>
    /// <exception cref="CompileException">The checkpoint is wrong; nothing was written.</exception>
    public static int Run(CompileOptions options, Report report, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(options.CheckpointFolder))
        {
            throw new CliException($"{options.CheckpointFolder} is not a folder; CHECKPOINT must be a folder with config.json and model.safetensors.");
        }

        if (options.Version.Length is < 1 or > MaxVersionLength)
        {
            throw new CliException($"--model-version is '{options.Version}'; allowed are 1 to {MaxVersionLength} characters.");
        }

        if (options is { Precision: GraphPrecisions.Fp16, Flavours: CompiledFlavours.Fused })
        {
            throw new CliException("--precision fp16 makes portable graphs, for GPUs; --flavour fused is for CPUs only. Leave one of them out.");
        }

        OrtRuntime.Initialize(0);
        var manifest = ModelCompiler.Compile(options, new Notes(report), cancellationToken);
        var folder = ModelFolder.Open(options.OutputFolder);
        var bytes = manifest.Sha256.Keys.Sum(name => new FileInfo(folder.PathOf(name)).Length);
        var data = new JsonObject
        {
            ["model"] = manifest.Name,
            ["version"] = manifest.Version,
            ["path"] = folder.Path,
            ["exits"] = new JsonArray([.. manifest.Exits.Select(static exit => (JsonNode)exit)]),
            ["profiles"] = new JsonArray([.. (manifest.Gates?.Profiles.Keys ?? []).Select(static profile => (JsonNode)profile)]),
            ["flavours"] = new JsonArray([.. Flavours(manifest).Select(static flavour => (JsonNode)flavour)]),
            ["precisions"] = new JsonArray([.. Precisions(manifest).Select(static precision => (JsonNode)precision)]),
            ["bytes"] = bytes,
        };
        report.Result(data, console => console.Line(FormattableString.Invariant(
            $"{folder.Path}: {manifest.Exits.Count} exits, {manifest.Gates?.Profiles.Count ?? 0} gates, {string.Join(" and ", Flavours(manifest))}, {string.Join(" and ", Precisions(manifest))}, {bytes / 1e6:0.0} MB, canary written.")));
        return ExitCode.Done;
    }

    private static IEnumerable<string> Flavours(ModelManifest manifest) => manifest.Graphs.Select(static graph => graph.Flavour).Distinct();

    private static IEnumerable<string> Precisions(ModelManifest manifest) => manifest.Graphs.Select(static graph => graph.Precision).Distinct();

    /// <summary>Reports at once and in order, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class Notes(Report report) : IProgress<string>
    {
        public void Report(string value) => report.Note(value);
    }
}
