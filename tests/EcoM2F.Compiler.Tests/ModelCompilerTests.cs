using System.Security.Cryptography;
using System.Text.Json.Nodes;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests;

public sealed class ModelCompilerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Checkpoint => _folder["checkpoint"];

    private string Output => _folder["models/tiny"];

    [Fact]
    public void Compile_TinyCheckpoint_WritesACompleteManifest()
    {
        TinyCheckpoint.Write(Checkpoint);
        var written = Compile();
        var manifest = ModelManifest.Parse(File.ReadAllBytes(Path.Combine(Output, "model.json")));

        Assert.Equal("tiny", manifest.Name);
        Assert.Equal([1, 2, 3], manifest.Exits);
        Assert.Equal(["person", "animal", "sky", "ground"], manifest.Classes.Select(c => c.Name));
        Assert.Equal([true, true, false, false], manifest.Classes.Select(c => c.Isthing));
        Assert.Equal((64, 96), (manifest.Preprocessing.ShortestEdge, manifest.Preprocessing.LongestEdge));
        Assert.Equal("balanced", manifest.Gates!.Default);
        Assert.Equal(new GateProfile("classifier", "gate-fast.onnx", 2.0), manifest.Gates.Profiles["fast"]);
        Assert.Equal(new GateProfile("utility", "gate-utility.onnx"), manifest.Gates.Profiles["utility"]);
        Assert.Equal("Apache-2.0", manifest.Licence);
        Assert.Equal(
            [
                "stem.onnx", "encoder-1.onnx", "encoder-2.onnx", "encoder-3.onnx", "encoder-exits.onnx",
                "encoder-1.fused.onnx", "encoder-2.fused.onnx", "encoder-3.fused.onnx", "encoder-exits.fused.onnx", "decoder.onnx", "decoder.fused.onnx",
            ],
            manifest.Graphs.Select(g => g.File));
        Assert.Equal(new GraphEntry("encoder", "fused", "fp32", "encoder-2.fused.onnx", 2), manifest.Graphs[6]);
        Assert.Equal(written.Sha256, manifest.Sha256);
        Assert.Equal(Directory.EnumerateFiles(Output).Select(Path.GetFileName).Where(f => f != "model.json").Order(), manifest.Sha256.Keys.Order());
        Assert.All(manifest.Sha256, h => Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Output, h.Key)))), h.Value));
    }

    [Theory]
    [InlineData(CompiledFlavours.Portable, "stem.onnx encoder-1.onnx encoder-2.onnx encoder-3.onnx encoder-exits.onnx decoder.onnx")]
    [InlineData(CompiledFlavours.Fused, "stem.onnx encoder-1.fused.onnx encoder-2.fused.onnx encoder-3.fused.onnx encoder-exits.fused.onnx decoder.fused.onnx")]
    public void Compile_OneFlavour_KeepsItsGraphsWithTheSameWeightsAndCosts(CompiledFlavours flavours, string files)
    {
        TinyCheckpoint.Write(Checkpoint);
        var both = Compile();
        var one = Compile(o => o with
        {
            Flavours = flavours,
            WriteCanary = (folder, draft, _) =>
            {
                // whatever is kept, the canary is made by portable graphs
                Assert.All([1, 2, 3], exit => Assert.True(File.Exists(Path.Combine(folder, $"encoder-{exit}.onnx"))));
                Assert.Contains(draft.Graphs, g => g is { Stage: "encoder-exits", Flavour: "portable" });
                File.WriteAllText(Path.Combine(folder, draft.Canary), "canary");
            },
        });

        Assert.Equal(files.Split(' '), one.Graphs.Select(g => g.File));
        Assert.Equal(files.Split(' ').Order(), Directory.EnumerateFiles(Output, "*.onnx").Select(f => Path.GetFileName(f)).Where(f => !f.StartsWith("gate", StringComparison.Ordinal)).Order());
        Assert.Equal(both.Costs, one.Costs);
        Assert.Equal(both.Sha256["weights.bin"], one.Sha256["weights.bin"]);
        Assert.Equal(one.Sha256.Keys.Order(), Directory.EnumerateFiles(Output).Select(f => Path.GetFileName(f)).Where(f => f != "model.json").Order());
    }

    [Fact]
    public void Compile_Canary_RunsOnACompleteFolderAndIsHashed()
    {
        TinyCheckpoint.Write(Checkpoint);
        var manifest = Compile(o => o with
        {
            WriteCanary = (folder, draft, _) =>
            {
                Assert.Equal(draft.Sha256, ModelManifest.Parse(File.ReadAllBytes(Path.Combine(folder, "model.json"))).Sha256);
                var writer = new SafetensorsWriter();
                writer.Add($"case0.{GraphTensors.Pooled}", [1f], 1);
                writer.Write(Path.Combine(folder, draft.Canary));
            },
        });
        Assert.Contains("canary.safetensors", manifest.Sha256.Keys);
    }

    [Fact]
    public void Compile_Again_GivesTheSameBytesAndKeepsTheCard()
    {
        TinyCheckpoint.Write(Checkpoint);
        var first = Compile();
        File.WriteAllText(Path.Combine(Output, "README.md"), "card");
        File.WriteAllText(Path.Combine(Output, "left-over.onnx"), "x");
        var second = Compile();
        Assert.Equal(first.Sha256, second.Sha256);
        Assert.Equal("card", File.ReadAllText(Path.Combine(Output, "README.md")));
        Assert.Equal([Output], Directory.GetFileSystemEntries(_folder["models"]));
    }

    [Fact]
    public void Compile_Fails_LeavesTheOldModel()
    {
        TinyCheckpoint.Write(Checkpoint);
        Compile();
        Assert.Throws<InvalidOperationException>(() => Compile(o => o with { WriteCanary = (_, _, _) => throw new InvalidOperationException() }));
        Assert.True(File.Exists(Path.Combine(Output, "model.json")));
        Assert.Equal([Output], Directory.GetFileSystemEntries(_folder["models"]));
    }

    [Fact]
    public void Compile_IntoAFolderOfOtherThings_Refuses()
    {
        TinyCheckpoint.Write(Checkpoint);
        Directory.CreateDirectory(Output);
        File.WriteAllText(Path.Combine(Output, "thesis.txt"), "x");
        Assert.Contains("model.json", Assert.Throws<CompileException>(() => Compile()).Message);
        Assert.True(File.Exists(Path.Combine(Output, "thesis.txt")));
    }

    [Fact]
    public void Compile_WithoutEcoM2FJson_WarnsAndTakesAllAsThings()
    {
        TinyCheckpoint.Write(Checkpoint, gates: false);
        File.Delete(Path.Combine(Checkpoint, "ecom2f.json"));
        File.Delete(Path.Combine(Checkpoint, "preprocessor_config.json"));
        var lines = new List<string>();
        var manifest = ModelCompiler.Compile(
            new CompileOptions { CheckpointFolder = Checkpoint, OutputFolder = Output }, new Lines(lines), TestContext.Current.CancellationToken);
        Assert.Contains(lines, l => l.StartsWith("Warning:", StringComparison.Ordinal));
        Assert.All(manifest.Classes, c => Assert.True(c.Isthing));
        Assert.Null(manifest.Gates);
        Assert.Equal((800, 1333), (manifest.Preprocessing.ShortestEdge, manifest.Preprocessing.LongestEdge));
    }

    [Fact]
    public void Compile_ClassThresholds_AreInTheManifest()
    {
        TinyCheckpoint.Write(Checkpoint);
        var path = Path.Combine(Checkpoint, "ecom2f.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"mask_threshold\": 0.5", "\"class_thresholds\": {\"sky\": 0.45, \"person\": 1}", StringComparison.Ordinal));

        var manifest = Compile();

        Assert.Equal([("person", 1f), ("sky", 0.45f)], manifest.Postprocessing.ClassThresholds!.Select(static entry => (entry.Key, entry.Value)).Order());
    }

    [Fact]
    public void Compile_CategoriesFile_ComesBeforeEcoM2FJson()
    {
        TinyCheckpoint.Write(Checkpoint);
        File.WriteAllText(_folder["categories.json"], """{"classes": [{"id": 0, "name": "a", "isthing": false}, {"id": 1}, {"id": 2}, {"id": 3}]}""");
        var manifest = Compile(o => o with { CategoriesFile = _folder["categories.json"] });
        Assert.Equal(["a", "animal", "sky", "ground"], manifest.Classes.Select(c => c.Name));
        Assert.Equal([false, true, true, true], manifest.Classes.Select(c => c.Isthing));
    }

    [Fact]
    public void Compile_CocosLabels_NeedNoFileToTellThingsFromStuff()
    {
        TinyCheckpoint.Write(Checkpoint, gates: false);
        File.Delete(Path.Combine(Checkpoint, "ecom2f.json"));
        var config = (JsonObject)JsonNode.Parse(File.ReadAllBytes(Path.Combine(Checkpoint, "config.json")))!;
        config["id2label"] = new JsonObject(CocoClasses.Panoptic.Select((name, i) => KeyValuePair.Create($"{i}", (JsonNode?)name)).Reverse());
        File.WriteAllText(Path.Combine(Checkpoint, "config.json"), config.ToJsonString());
        ReplacePredictor(134);

        var lines = new List<string>();
        var manifest = ModelCompiler.Compile(
            new CompileOptions { CheckpointFolder = Checkpoint, OutputFolder = Output }, new Lines(lines), TestContext.Current.CancellationToken);
        Assert.DoesNotContain(lines, l => l.StartsWith("Warning:", StringComparison.Ordinal));
        Assert.Equal(80, manifest.Classes.Count(c => c.Isthing));
        Assert.Equal("person", manifest.Classes[0].Name);
    }

    [Theory]
    [InlineData("""{"size": 480, "max_size": 800}""", 480, 800)]
    [InlineData("""{"size": {"shortest_edge": 480, "longest_edge": 800}}""", 480, 800)]
    [InlineData("""{"size": {"shortest_edge": 480}, "max_size": 640, "size_divisibility": 64}""", 480, 640)]
    [InlineData("""{"_max_size": 1333}""", 800, 1333)]
    public void Compile_SizesOfAnyVersion_Reads(string preprocessor, int shortest, int longest)
    {
        TinyCheckpoint.Write(Checkpoint);
        File.WriteAllText(Path.Combine(Checkpoint, "preprocessor_config.json"), preprocessor);
        var read = Compile().Preprocessing;
        Assert.Equal((shortest, longest), (read.ShortestEdge, read.LongestEdge));
        Assert.Equal(preprocessor.Contains("64}") ? 64 : 32, read.Divisor);
    }

    [Theory]
    [InlineData("criterion.empty_weight", true)]
    [InlineData("model.bn.num_batches_tracked", true)]
    [InlineData("model.extra.weight", false)]
    public void Compile_SurplusKey_IsIgnoredByNameOnly(string key, bool ignored)
    {
        TinyCheckpoint.Write(Checkpoint);
        var shard = new SafetensorsWriter();
        shard.Add(key, [1f], 1);
        shard.Write(Path.Combine(Checkpoint, "extra.safetensors"));
        File.Move(Path.Combine(Checkpoint, "model.safetensors"), Path.Combine(Checkpoint, "main.safetensors"));
        using (var main = SafetensorsFile.Open(Path.Combine(Checkpoint, "main.safetensors")))
        {
            var entries = main.Tensors.Select(t => $"\"{t.Name}\": \"main.safetensors\"").Append($"\"{key}\": \"extra.safetensors\"");
            File.WriteAllText(Path.Combine(Checkpoint, "model.safetensors.index.json"), "{\"weight_map\": {" + string.Join(", ", entries) + "}}");
        }

        if (ignored)
        {
            Assert.Equal("tiny", Compile().Name);
        }
        else
        {
            Assert.Contains(key, Assert.Throws<CompileException>(() => Compile()).Message);
        }
    }

    [Theory]
    [InlineData("config.json", "\"mask2former\"", "\"maskformer\"", "'model_type'")]
    [InlineData("config.json", "Mask2FormerForUniversalSegmentation", "Other", "'architectures'")]
    [InlineData("config.json", "\"mobilenet_v2\"", "\"vit\"", "'backbone_config.model_type'")]
    [InlineData("config.json", "\"encoder_layers\": 3", "\"encoder_layers\": 4", "encoder.layers.3")]
    [InlineData("config.json", "\"encoder_layers\": 3", "\"encoder_layers\": 2", "encoder.layers.2")]
    [InlineData("config.json", "\"encoder_layers\": 3", "\"encoder_layers\": \"3\"", "'encoder_layers'")]
    [InlineData("config.json", "\"num_queries\": 12", "\"num_queries\": 13", "queries_")]
    [InlineData("config.json", "\"3\": \"ground\"", "\"4\": \"ground\"", "id2label")]
    [InlineData("config.json", "\"relu6\"", "\"relu\"", "'backbone_config.activation'")]
    [InlineData("preprocessor_config.json", "\"resample\": 2", "\"resample\": 3", "'resample'")]
    [InlineData("preprocessor_config.json", "\"longest_edge\"", "\"longest\"", "'size.longest'")]
    [InlineData("ecom2f.json", "\"licence\"", "\"license\"", "'license'")]
    [InlineData("ecom2f.json", "\"meta\"", "\"other\"", "'postprocessing.procedure'")]
    [InlineData("ecom2f.json", "\"mask_threshold\": 0.5", "\"class_thresholds\": {\"sky\": 2}", "'postprocessing.class_thresholds.sky' is 2; allowed: a number from 0 to 1")]
    [InlineData("ecom2f.json", "\"mask_threshold\": 0.5", "\"class_thresholds\": {\"sky\": null}", "'postprocessing.class_thresholds.sky'")]
    [InlineData("ecom2f.json", "\"mask_threshold\": 0.5", "\"class_thresholds\": [0.5]", "'postprocessing.class_thresholds'")]
    [InlineData("ecom2f.json", "\"mask_threshold\": 0.5", "\"class_thresholds\": {\"Sky\": 0.5}", "'postprocessing.class_thresholds.Sky' is of no class; the classes are person, animal, sky, ground")]
    [InlineData("ecom2f.json", "#dc143c", "red", "'classes[0].color'")]
    [InlineData("ecom2f.json", "\"default\": \"balanced\"", "\"default\": \"utility\"", "'gates.default'")]
    [InlineData("ecom2f.json", "gates.safetensors", "../gates.safetensors", "'gates.file'")]
    public void Compile_WrongConfiguration_NamesFileAndKey(string file, string old, string replacement, string named)
    {
        TinyCheckpoint.Write(Checkpoint);
        var path = Path.Combine(Checkpoint, file);
        var text = File.ReadAllText(path);
        Assert.Contains(old, text);
        File.WriteAllText(path, text.Replace(old, replacement, StringComparison.Ordinal));
        Assert.Contains(named, Assert.Throws<CompileException>(() => Compile()).Message);
        Assert.False(Directory.Exists(Output));
    }

    public void Dispose() => _folder.Dispose();

    private void ReplacePredictor(int rows)
    {
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(Path.Combine(Checkpoint, "model.safetensors")))
        {
            foreach (var tensor in file.Tensors.Where(t => !t.Name.StartsWith("class_predictor.", StringComparison.Ordinal)))
            {
                writer.Add(tensor.Name, tensor.Type, file.Bytes(tensor.Name).ToArray(), [.. tensor.Shape]);
            }
        }

        writer.Add("class_predictor.weight", new float[rows * TinyCheckpoint.Width], rows, TinyCheckpoint.Width);
        writer.Add("class_predictor.bias", new float[rows], rows);
        writer.Write(Path.Combine(Checkpoint, "model.safetensors"));
    }

    private ModelManifest Compile(Func<CompileOptions, CompileOptions>? change = null)
    {
        var options = new CompileOptions { CheckpointFolder = Checkpoint, OutputFolder = Output };
        return ModelCompiler.Compile(change?.Invoke(options) ?? options, null, TestContext.Current.CancellationToken);
    }

    private sealed class Lines(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }
}
