using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Adapt;
using EcoM2F.Cli.Quantize;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>
/// What pages suppose that a reader has, small: checkpoints, models, photographs, labelled sets, rows, a peer. What an input is, the argument or
/// option says that takes it; its name says at most which of these it is. All of it is of one network of random weights with six exits and the
/// bundled model's size; where a command asks for less or more, a checkpoint has that.
/// </summary>
internal sealed class StandIns : IDisposable
{
    /// <summary>The bundled model's, but for the largest.</summary>
    private const string Sizes = "192:288,256:384,320";

    private const string Checkpoint = "checkpoint";
    private const string ShallowCheckpoint = "shallow";
    private const string DeepDecoderCheckpoint = "deep-decoder";
    private const string Model = "model";
    private const string SizedModel = "sized";
    private const string Truth = "truth";

    /// <summary>In place of images: a list of them on stdin.</summary>
    public const string List = "-";

    private const string Output = "--output";

    /// <summary>Photographs that a command wants, where that is more than others.</summary>
    private static readonly Dictionary<string, int> Fewest = new() { ["adapt"] = AdaptPhotos.Fewest, ["fit-exits"] = 16 };

    /// <summary>Names of models that have several sizes, as the bundled one has.</summary>
    private static readonly string[] Sized = ["default", "sized"];

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<string, bool> _made = [];
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _sets = [];

    public StandIns()
    {
        OrtRuntime.Initialize(0);
        TinyCheckpoint.Write(_folder[Checkpoint], Network with { Gates = false });
        TinyCheckpoint.Write(_folder[ShallowCheckpoint], Network with { Exits = 2, Gates = false });
        TinyCheckpoint.Write(_folder[DeepDecoderCheckpoint], Network with { Exits = 2, DecoderLayers = 7, Gates = false });
        TinyCheckpoint.Write(_folder["gated"], Network);
        TinyCheckpoint.Write(_folder["true"], Network with { ScoreThreshold = 0.7 });
        Compile("gated", Model, null);
        Compile("gated", SizedModel, Sizes);
        Compile("true", Truth, null);
    }

    /// <summary>With a threshold so low that there are segments on every photograph, and truths to be had by a higher one.</summary>
    private static TinyNetwork Network { get; } = new() { Seed = 3, Exits = 6, ShortestEdge = 320, LongestEdge = 448, ScoreThreshold = 0.05 };

    public void Dispose() => _folder.Dispose();

    /// <summary>Makes what the command reads and nothing made yet.</summary>
    /// <param name="folder">Where the command will run.</param>
    /// <param name="arguments">Without the program.</param>
    public async Task AddAsync(string folder, string[] arguments)
    {
        var inputs = CliInput.Of(arguments);
        if (arguments[0] == "segment" && !inputs.Any(static input => input.Name == "--model"))
        {
            inputs = [.. inputs, new CliInput("segment", "--model", "models/default")];
        }

        // What a page makes is no stand-in's, and what is brought is brought to each command in the size that it wants.
        foreach (var input in inputs.Where(static input => input.Name is Output or "CHECKPOINT" or "PHOTOS"))
        {
            if (_made.TryRemove(Path.Combine(folder, input.Value), out _))
            {
                Remove(Path.Combine(folder, input.Value));
            }
        }

        // The model first: rows are of it.
        foreach (var input in inputs.Where(static input => input.Value != List && input.Name != Output).OrderByDescending(IsModel))
        {
            var path = Path.Combine(folder, input.Value);
            path = input.Value.Contains('*', StringComparison.Ordinal) ? Path.GetDirectoryName(path[..path.IndexOf('*', StringComparison.Ordinal)])! : path;
            if (!Path.Exists(path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await AddAsync(path, input, inputs, inputs.FirstOrDefault(IsModel) is { } model ? Path.Combine(folder, model.Value) : "");
                if (Path.Exists(path))
                {
                    _made[path] = true;
                }
            }
        }

        foreach (var ids in inputs.Where(static input => input.Name == "--image-ids"))
        {
            // The images are those that have ids.
            var images = Path.Combine(folder, inputs.First(static input => input.Name == "IMAGE|FOLDER").Value);
            Directory.Delete(images, recursive: true);
            Directory.CreateSymbolicLink(images, Path.Combine(await SetAsync(Path.GetFileNameWithoutExtension(ids.Value)), "images"));
        }
    }

    private static void Remove(string path)
    {
        if (File.Exists(path) || new DirectoryInfo(path).LinkTarget is not null)
        {
            File.Delete(path);
            return;
        }

        Directory.Delete(path, recursive: true);
    }

    private static bool IsModel(CliInput input) => input.Name is "MODEL" or "--model";

    private async Task AddAsync(string path, CliInput input, IReadOnlyList<CliInput> inputs, string model)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        switch (input)
        {
            case { Value: ['t', 'e', 's', 't', 's', '/', ..] }:
                Directory.CreateSymbolicLink(path, Path.Combine(RepositoryPaths.Root, input.Value));
                break;
            case { Name: "CHECKPOINT" }:
                Directory.CreateSymbolicLink(path, _folder[CheckpointFor(inputs)]);
                break;
            case { Name: "MODEL" or "--model" }:
                CopyModel(_folder[Sized.Contains(name) ? SizedModel : Model], path);
                break;
            case { Name: "PHOTOS" }:
                WritePhotos(path, Fewest.GetValueOrDefault(input.Command, QuantizeOptions.FewestPhotos));
                break;
            case { Name: "IMAGE|FOLDER" } when Path.HasExtension(input.Value) && !input.Value.Contains('*', StringComparison.Ordinal):
                File.Copy(Photo, path);
                break;
            case { Name: "IMAGE|FOLDER" }:
                WritePhotos(path, QuantizeOptions.FewestPhotos);
                break;
            case { Name: "DATASET" }:
                File.Copy(Path.Combine(await SetAsync(name), "set.json"), path);
                break;
            case { Name: "DERIVED.jsonl" }:
                StandInRows.Write(path, ModelFolder.Open(model).Manifest, name);
                break;
            case { Name: "EXPECTED.safetensors" }:
                File.Copy(Path.Combine(model, ModelFolder.Open(model).Manifest.Canary), path);
                break;
            case { Name: "--peer" }:
                File.Copy(Path.Combine(_folder[Model], "stem.onnx"), path);
                File.Copy(Path.Combine(_folder[Model], "weights.bin"), Path.Combine(Path.GetDirectoryName(path)!, "weights.bin"), overwrite: true);
                break;
            case { Command: "segment", Name: "--image-ids" }:
                var set = await SetAsync(name);
                File.Copy(Path.Combine(set, "truth.json"), path);
                Directory.CreateSymbolicLink(Path.ChangeExtension(path, null), Path.Combine(set, "truth"));
                break;
            case { Command: "score", Name: "--gt" or "--pred" }:
                LinkMetrics(path, inputs.First(static other => other.Name == "TASK").Value, input.Name[2..]);
                break;
        }
    }

    private static string Photo => Path.Combine(RepositoryPaths.Fixtures, "photos", "coco_val_000785_skier.jpg");

    /// <summary>Dark ones and bright ones, and one by its date.</summary>
    private static void WritePhotos(string folder, int count)
    {
        var random = new Random(count);
        Directory.CreateDirectory(Path.Combine(folder, "2026-07", "holiday"));
        File.Copy(Photo, Path.Combine(folder, "2026-07", "holiday", "beach.jpg"));
        for (var i = 0; i < count; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{i:000}.png"), StandInSet.Picture(random, i % 2 == 0 ? 160 : 20));
        }
    }

    private Task<string> SetAsync(string name) => _sets.GetOrAdd(name, new Lazy<Task<string>>(async () =>
    {
        var folder = _folder["sets/" + name];
        await StandInSet.WriteAsync(folder, _folder[Truth], name.Sum(static letter => letter));
        var set = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "set.json")))!.AsObject();
        foreach (var part in (string[])["images", "annotations", "segments"])
        {
            set[part] = Path.Combine(folder, set[part]!.GetValue<string>());
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "set.json"), set.ToJsonString());
        return folder;
    })).Value;

    /// <param name="part"><c>gt</c> or <c>pred</c>.</param>
    private static void LinkMetrics(string path, string task, string part)
    {
        var folder = Path.Combine(RepositoryPaths.Fixtures, "metrics", task == TinyDataset.Detection ? TinyDataset.Instance : task);
        File.CreateSymbolicLink(path, Path.Combine(folder, task == TinyDataset.Semantic ? part : part + ".json"));
        if (task == TinyDataset.Panoptic)
        {
            Directory.CreateSymbolicLink(Path.ChangeExtension(path, null), Path.Combine(folder, part));
        }
    }

    /// <summary>Few exits for adapt, which trains four gates over all points.</summary>
    private static string CheckpointFor(IReadOnlyList<CliInput> inputs) =>
        inputs.Any(static input => input.Name == "--decoder-exits") ? DeepDecoderCheckpoint
        : inputs[0].Command == "adapt" ? ShallowCheckpoint
        : Checkpoint;

    private void Compile(string checkpoint, string model, string? sizes) =>
        ModelCompiler.Compile(new CompileOptions { CheckpointFolder = _folder[checkpoint], OutputFolder = _folder[model], Sizes = sizes, WriteCanary = CanaryWriter.WriteInto }, null, CancellationToken.None);

    /// <summary>Models are called as their folders.</summary>
    private static void CopyModel(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        var manifest = ModelFolder.Open(to).Manifest with { Name = Path.GetFileName(to) };
        File.WriteAllText(Path.Combine(to, ModelManifest.FileName), manifest.ToJson());
    }
}
