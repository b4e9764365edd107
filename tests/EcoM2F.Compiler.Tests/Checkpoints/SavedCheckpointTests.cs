using System.Text;
using System.Text.Json.Nodes;
using EcoM2F.Compiler.Architectures;
using EcoM2F.Compiler.Architectures.Mask2Former;
using EcoM2F.Compiler.Backbones;
using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Backbones.Swin;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Checkpoints;

/// <summary>Checkpoints as transformers and training scripts really save them.</summary>
public sealed class SavedCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Checkpoint => _folder["checkpoint"];

    private string Config => Path.Combine(Checkpoint, "config.json");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mask2former_swin", 7)]
    [InlineData("mask2former_resnet", 7)]
    [InlineData(DetectorCheckpoint.Detr, 5)]
    [InlineData(DetectorCheckpoint.DeformableDetr, 5)]
    public void Compile_WithoutLabels_CountsTheClassesInTheCheckpoint(string fixture, int classes)
    {
        Write(fixture);
        Change(static config => config.Remove("id2label"));

        Assert.Equal(Enumerable.Range(0, classes).Select(static i => $"LABEL_{i}"), Compile().Classes.Select(static item => item.Name));
    }

    /// <summary>Two labels are Hugging Face's default, which it leaves out of the file.</summary>
    [Fact]
    public void Compile_TwoClassesWithoutNames_HasTwo()
    {
        Write("mask2former_resnet");
        Change(static config => config.Remove("id2label"));
        KeepRows("class_predictor", 3);

        Assert.Equal(["LABEL_0", "LABEL_1"], Compile().Classes.Select(static item => item.Name));
    }

    [Fact]
    public void Compile_LabelCountThatIsNotTheCheckpoints_NamesTheKey()
    {
        Write("mask2former_resnet");
        Change(static config => (config["id2label"], config["num_labels"]) = (null, 3));

        var message = Assert.Throws<CompileException>(() => Compile()).Message;
        Assert.Contains("'num_labels'", message, StringComparison.Ordinal);
        Assert.Contains("class_predictor", message, StringComparison.Ordinal);
    }

    /// <summary>What transformers takes for every key that is left out.</summary>
    [Theory]
    [InlineData("""{"model_type": "mask2former"}""")]
    [InlineData("""{"model_type": "detr"}""")]
    [InlineData("""{"model_type": "deformable_detr"}""")]
    public void Read_NothingButTheModelType_TakesTheDefaults(string json)
    {
        var keys = new ConfigKeys(JsonNode.Parse(json)!.AsObject(), "config.json");

        var sut = ArchitectureRegistry.Find(keys).Read(keys, DetectorTensors.Reader);

        Assert.Equal((6, 256), (sut.EncoderLayers, sut.TokenWidth));
        Assert.Equal([2, 2, 18, 2], SwinConfig.Small.Depths);
        Assert.Same(SwinConfig.Small, (sut as Mask2FormerConfig)?.Backbone ?? SwinConfig.Small);
    }

    [Fact]
    public void Read_NothingButTheBackbonesModelType_TakesTheDefaults()
    {
        var swin = Assert.IsType<SwinConfig>(Read("swin"));
        Assert.Equal((96, 7, 4.0, true), (swin.EmbedDim, swin.WindowSize, swin.MlpRatio, swin.QkvBias));
        Assert.Equal([2, 2, 6, 2], swin.Depths);
        Assert.Equal([3, 6, 12, 24], swin.Heads);
        var resNet = Assert.IsType<ResNetConfig>(Read("resnet"));
        Assert.Equal((64, true, false), (resNet.EmbeddingSize, resNet.Bottleneck, resNet.DownsampleInBottleneck));
        Assert.Equal([3, 4, 6, 3], resNet.Depths);
        Assert.Equal([256, 512, 1024, 2048], resNet.HiddenSizes);

        static IBackboneConfig Read(string modelType) =>
            BackboneRegistry.Read(new ConfigKeys(new JsonObject { ["model_type"] = modelType }, "config.json"), BackboneStages.All);
    }

    [Theory]
    [InlineData("mask2former_swin", "num_queries encoder_layers feature_size common_stride feature_strides backbone_config.depths backbone_config.embed_dim backbone_config.patch_size")]
    [InlineData("mask2former_resnet", "num_queries backbone_config.hidden_sizes backbone_config.depths backbone_config.out_indices")]
    [InlineData(DetectorCheckpoint.Detr, "num_queries encoder_layers d_model num_channels")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "num_queries num_feature_levels encoder_n_points")]
    public void Compile_WholeNumbersAsFloats_ReadsThem(string fixture, string keys)
    {
        Write(fixture);
        var text = JsonNode.Parse(File.ReadAllText(Config))!.AsObject();
        foreach (var key in keys.Split(' '))
        {
            var path = key.Split('.');
            var parent = path.Length == 2 ? text[path[0]]!.AsObject() : text;
            parent[path[^1]] = parent[path[^1]] switch
            {
                JsonArray array => JsonNode.Parse($"[{string.Join(", ", array.Select(static n => $"{n}.0"))}]"),
                var number => JsonNode.Parse($"{number}.0"),
            };
        }

        File.WriteAllText(Config, text.ToJsonString());
        Assert.Contains(".0", File.ReadAllText(Config), StringComparison.Ordinal);

        Compile();
    }

    /// <summary>Parallel training, a module around the model, a compiled model.</summary>
    [Theory]
    [InlineData("mask2former_swin", "module.")]
    [InlineData("mask2former_resnet", "model.")]
    [InlineData("mask2former_resnet", "_orig_mod.module.")]
    [InlineData(DetectorCheckpoint.Detr, "module.")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "model.")]
    public void Compile_PrefixBeforeEveryName_GivesTheSameModel(string fixture, string prefix)
    {
        Write(fixture);
        var plain = Compile();
        new CheckpointCopy { Rename = name => prefix + name }.Write(fixture, Checkpoint);

        Assert.Equal(plain.Sha256, Compile().Sha256);
    }

    [Fact]
    public void Compile_TwoModelsInOneCheckpoint_NamesTheirPrefixes()
    {
        Write("mask2former_resnet");
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(Path.Combine(Checkpoint, SafetensorsCheckpoint.FileName)))
        {
            foreach (var tensor in file.Tensors)
            {
                writer.Add("model_ema." + tensor.Name, tensor.Type, file.Bytes(tensor.Name).ToArray(), [.. tensor.Shape]);
                writer.Add("net." + tensor.Name, tensor.Type, file.Bytes(tensor.Name).ToArray(), [.. tensor.Shape]);
            }
        }

        writer.Write(Path.Combine(Checkpoint, SafetensorsCheckpoint.FileName));

        var message = Assert.Throws<CompileException>(() => Compile()).Message;
        Assert.Contains("'model_ema....'", message, StringComparison.Ordinal);
        Assert.Contains("'net....'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_ByteOrderMarkInEveryFile_IsSkipped()
    {
        TinyCheckpoint.Write(Checkpoint);
        foreach (var file in Directory.EnumerateFiles(Checkpoint, "*.json"))
        {
            File.WriteAllText(file, File.ReadAllText(file), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        }

        Assert.Equal("balanced", Compile().Gates!.Default);
    }

    [Fact]
    public void Compile_GitLfsPointer_SaysHowToGetTheWeights()
    {
        Write("mask2former_resnet");
        File.WriteAllText(Path.Combine(Checkpoint, SafetensorsCheckpoint.FileName), "version https://git-lfs.github.com/spec/v1\noid sha256:aaaa\nsize 189000000\n");

        Assert.Contains("git lfs pull", Assert.Throws<CompileException>(() => Compile()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html></html>", "web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "git lfs pull")]
    [InlineData("{\"num_queries\": 1, \"num_queries\": 2}", "'num_queries'")]
    [InlineData("{\"num_queries\": 1,}", "JSON")]
    [InlineData("{\"num_queries\": \"\\ud800\"}", "Unicode")]
    [InlineData("[1]", "object")]
    [InlineData("", "JSON")]
    public void Compile_ConfigThatIsNotJson_SaysWhatItIsWithoutTypeNames(string text, string named)
    {
        Write("mask2former_resnet");
        File.WriteAllText(Config, text);

        var message = Assert.Throws<CompileException>(() => Compile()).Message;
        Assert.StartsWith(Config, message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
        Assert.DoesNotMatch("System[.]|EcoM2F[.]Compiler|Json[A-Z]", message.Replace(_folder.Path, "", StringComparison.Ordinal));
    }

    /// <summary>Hugging Face's own backbone where the file names none: its Swin-S, which this checkpoint is not.</summary>
    [Fact]
    public void Read_WithoutBackbone_ExpectsSwinS()
    {
        Write("mask2former_swin");
        Change(static config => config.Remove("backbone_config"));
        Assert.Contains("[32, 96, 1, 1]", Assert.Throws<CompileException>(() => Compile()).Message, StringComparison.Ordinal);

        Change(static config => config["backbone"] = "microsoft/swin-tiny-patch4-window7-224");
        Assert.Contains("'backbone'", Assert.Throws<CompileException>(() => Compile()).Message, StringComparison.Ordinal);
    }

    private void Write(string fixture) => new CheckpointCopy().Write(fixture, Checkpoint);

    private void Change(Action<JsonObject> change)
    {
        var config = ConfigKeys.Load(Config);
        change(config);
        File.WriteAllText(Config, config.ToJsonString());
    }

    /// <summary>Leaves a classifier the first rows only.</summary>
    private void KeepRows(string classifier, int rows)
    {
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(Path.Combine(Checkpoint, SafetensorsCheckpoint.FileName)))
        {
            foreach (var tensor in file.Tensors)
            {
                var kept = tensor.Name.StartsWith(classifier + ".", StringComparison.Ordinal) ? rows : tensor.Shape.FirstOrDefault(1);
                var bytes = file.Bytes(tensor.Name);
                var length = tensor.Shape.Count == 0 ? bytes.Length : (int)(bytes.Length / Math.Max(1, tensor.Shape[0]) * kept);
                writer.Add(tensor.Name, tensor.Type, bytes[..length].ToArray(), [.. tensor.Shape.Take(1).Select(_ => kept), .. tensor.Shape.Skip(1)]);
            }
        }

        writer.Write(Path.Combine(Checkpoint, SafetensorsCheckpoint.FileName));
    }

    private ModelManifest Compile() => ModelCompiler.Compile(
        new CompileOptions { CheckpointFolder = Checkpoint, OutputFolder = _folder["model"] }, null, TestContext.Current.CancellationToken);
}
