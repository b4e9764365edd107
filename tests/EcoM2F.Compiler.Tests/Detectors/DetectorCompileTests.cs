using System.Text.Json.Nodes;
using EcoM2F.Compiler.Architectures.Detectors;
using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Tests.Costs;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Detectors;

/// <summary>What a detector's checkpoint may say, and what its manifest then says.</summary>
public sealed class DetectorCompileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Checkpoint => _folder["checkpoint"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(DetectorCheckpoint.Detr, "detr", "")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "deformable_detr", " encoder-1.fused.onnx encoder-2.fused.onnx encoder-3.fused.onnx encoder-4.fused.onnx encoder-exits.fused.onnx decoder.fused.onnx")]
    public void Compile_Fixture_WritesACompleteManifest(string fixture, string procedure, string fused)
    {
        var lines = new List<string>();
        var manifest = Compile(fixture, progress: new Lines(lines));

        Assert.Equal(["detection"], manifest.Tasks);
        Assert.Equal(new PostprocessingSettings(procedure, 0.5f), manifest.Postprocessing);
        Assert.Equal((800, 1333, 32), (manifest.Preprocessing.ShortestEdge, manifest.Preprocessing.LongestEdge, manifest.Preprocessing.Divisor));
        Assert.Equal([0.485f, 0.456f, 0.406f], manifest.Preprocessing.Mean);
        Assert.Equal([1, 2, 3, 4], manifest.Exits);
        Assert.All(manifest.Classes, static item => Assert.True(item.Isthing));
        Assert.DoesNotContain(lines, static line => line.StartsWith("Warning", StringComparison.Ordinal));
        var files = ("stem.onnx encoder-1.onnx encoder-2.onnx encoder-3.onnx encoder-4.onnx encoder-exits.onnx decoder.onnx" + fused).Split(' ').Order();
        Assert.Equal(files, manifest.Graphs.Select(static graph => graph.File).Order());
        Assert.DoesNotContain("mask_threshold", File.ReadAllText(Path.Combine(_folder["model"], "model.json")), StringComparison.Ordinal);
        ModelFolder.Open(_folder["model"]); // keeps the rules
    }

    [Theory]
    [InlineData(DetectorCheckpoint.Detr)]
    [InlineData(DetectorCheckpoint.DeformableDetr)]
    public void Costs_EveryStage_EqualWhatTheRuntimeRan(string fixture)
    {
        using var model = new DetectorModel(fixture, fused: false, static checkpoint => checkpoint.Config["irrelevant"] = 1);
        var cost = Assert.Single(model.Manifest.Costs, static c => (c.Height, c.Width) == (800, 1088));
        var pixels = NamedTensor.Random(new Random(9), 1f, 1, 3, cost.Height, cost.Width);
        var stem = model.Stem(pixels);
        var positionOfDecoder = fixture == DetectorCheckpoint.Detr ? GraphTensors.Position : GraphTensors.SpatialShapes;
        var encoder = stem.Where(static s => s.Key is not GraphTensors.Pooled).ToDictionary();
        var decoder = new Dictionary<string, NamedTensor> { [GraphTensors.Encoder] = stem[GraphTensors.Tokens], [positionOfDecoder] = stem[positionOfDecoder] };

        AssertGiga(ProfiledMultiplyAdds.Count(model.Folder, "stem.onnx", new() { [GraphTensors.PixelValues] = pixels }), cost.Stem);
        AssertGiga(ProfiledMultiplyAdds.Count(model.Folder, "encoder-1.onnx", encoder), cost.Layer);
        AssertGiga(ProfiledMultiplyAdds.Count(model.Folder, "encoder-4.onnx", encoder), cost.Layer * 4);
        AssertGiga(ProfiledMultiplyAdds.Count(model.Folder, "decoder.onnx", decoder), cost.Decoder);

        static void AssertGiga(long expected, double actual) => Assert.Equal(expected / 1e9, actual, 5);
    }

    [Fact]
    public void Compile_LabelsWithGaps_CountToTheHighest()
    {
        var manifest = Compile(DetectorCheckpoint.Detr, static checkpoint => checkpoint.Config["id2label"] = new JsonObject { ["4"] = "kite", ["1"] = "dog", ["3"] = "dog" });

        Assert.Equal(["LABEL_0", "dog", "LABEL_2", "dog", "kite"], manifest.Classes.Select(static item => item.Name));
    }

    [Fact]
    public void Compile_OwnScoreThreshold_IsTheManifests()
    {
        DetectorCheckpoint.Load(DetectorCheckpoint.Detr).Write(Checkpoint);
        File.WriteAllText(Path.Combine(Checkpoint, "ecom2f.json"), """{"postprocessing": {"procedure": "detr", "score_threshold": 0.7}}""");
        File.WriteAllText(Path.Combine(Checkpoint, "preprocessor_config.json"), """{"feature_extractor_type": "DetrFeatureExtractor", "format": "coco_detection", "do_pad": true, "size": 480, "max_size": 800}""");

        var manifest = CompileWritten(null);

        Assert.Equal(0.7f, manifest.Postprocessing.ScoreThreshold);
        Assert.Equal((480, 800), (manifest.Preprocessing.ShortestEdge, manifest.Preprocessing.LongestEdge));
    }

    [Theory]
    [InlineData("""{"postprocessing": {"procedure": "hf"}}""", "'postprocessing.procedure'")]
    [InlineData("""{"postprocessing": {"mask_threshold": 0.5}}""", "'postprocessing.mask_threshold'")]
    [InlineData("""{"postprocessing": {"score_threshold": 2}}""", "'postprocessing.score_threshold'")]
    public void Compile_PostprocessingOfMasks_IsRefused(string json, string named)
    {
        DetectorCheckpoint.Load(DetectorCheckpoint.Detr).Write(Checkpoint);
        File.WriteAllText(Path.Combine(Checkpoint, "ecom2f.json"), json);

        Assert.Contains(named, Assert.Throws<CompileException>(() => CompileWritten(null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DetectorCheckpoint.Detr, "architectures", """["DetrForSegmentation"]""", "'architectures'")]
    [InlineData(DetectorCheckpoint.Detr, "model_type", "\"yolos\"", "'model_type'")]
    [InlineData(DetectorCheckpoint.Detr, "position_embedding_type", "\"learned\"", "'position_embedding_type'")]
    [InlineData(DetectorCheckpoint.Detr, "activation_function", "\"gelu\"", "'activation_function'")]
    [InlineData(DetectorCheckpoint.Detr, "d_model", "30", "'d_model'")]
    [InlineData(DetectorCheckpoint.Detr, "encoder_attention_heads", "5", "'encoder_attention_heads'")]
    [InlineData(DetectorCheckpoint.Detr, "decoder_attention_heads", "0", "'decoder_attention_heads'")]
    [InlineData(DetectorCheckpoint.Detr, "num_channels", "4", "'num_channels'")]
    [InlineData(DetectorCheckpoint.Detr, "num_queries", "11", "query_position_embeddings")]
    [InlineData(DetectorCheckpoint.Detr, "encoder_layers", "5", "model.encoder.layers.4")]
    [InlineData(DetectorCheckpoint.Detr, "encoder_layers", "3", "model.encoder.layers.3")]
    [InlineData(DetectorCheckpoint.Detr, "decoder_layers", "2", "model.decoder.layers.2")]
    [InlineData(DetectorCheckpoint.Detr, "id2label", """{"0": "a", "1": "b"}""", "'id2label'")]
    [InlineData(DetectorCheckpoint.Detr, "dilation", "true", "'dilation'")]
    [InlineData(DetectorCheckpoint.Detr, "backbone_config", """{"model_type": "swin"}""", "'backbone_config.model_type'")]
    [InlineData(DetectorCheckpoint.Detr, "backbone_config", """{"model_type": "resnet", "out_features": ["stage3"]}""", "'backbone_config.out_features'")]
    [InlineData(DetectorCheckpoint.Detr, "backbone_config", """{"model_type": "timm_backbone", "backbone": "resnet50", "output_stride": 8}""", "'backbone_config.output_stride'")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "two_stage", "true", "'two_stage'")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "with_box_refine", "true", "'with_box_refine'")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "num_feature_levels", "2", "'num_feature_levels'")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "num_feature_levels", "5", "sampling_offsets")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "encoder_n_points", "3", "sampling_offsets")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "encoder_n_points", "65", "'encoder_n_points'")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "d_model", "36", "'d_model'")]
    [InlineData(DetectorCheckpoint.DeformableDetr, "id2label", """{"6": "a"}""", "'id2label'")]
    public void Compile_WhatCannotBeBuilt_IsRefusedByItsKey(string fixture, string key, string value, string named)
    {
        var error = Assert.Throws<CompileException>(() => Compile(fixture, checkpoint => checkpoint.Config[key] = JsonNode.Parse(value)));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["model"]));
    }

    [Theory]
    [InlineData("model.decoder.layers.1.encoder_attn.k_proj.weight", false)]
    [InlineData("model.backbone.conv_encoder.model.encoder.stages.0.layers.0.layer.0.normalization.running_var", false)]
    [InlineData("model.encoder.layernorm.weight", true)]
    [InlineData("class_embed.0.weight", true)]
    public void Compile_MissingOrSurplusKey_IsNamed(string key, bool surplus)
    {
        var error = Assert.Throws<CompileException>(() => Compile(DetectorCheckpoint.Detr, checkpoint =>
        {
            if (surplus)
            {
                checkpoint.Randomize(key, 1, 4);
            }
            else
            {
                checkpoint.Remove(key);
            }
        }));

        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"backbone": "resnet101", "use_timm_backbone": true}""", 23, false)]
    [InlineData("""{"backbone": "resnet50"}""", 6, false)]
    [InlineData("""{}""", 6, false)]
    [InlineData("""{"backbone": null, "use_timm_backbone": false}""", 6, false)]
    [InlineData("""{"backbone": "resnet50.tv_in1k", "dilation": true}""", 6, true)]
    [InlineData("""{"backbone": "resnet18", "backbone_kwargs": {"output_stride": 16, "in_chans": 3, "out_indices": [1, 2, 3, 4]}}""", 2, true)]
    [InlineData("""{"backbone_config": {"model_type": "timm_backbone", "backbone": "resnet101", "output_stride": 16}}""", 23, true)]
    [InlineData("""{"backbone_config": {"model_type": "timm_backbone", "backbone": "resnet101", "features_only": true}}""", 23, false)]
    public void Read_NamedBackbone_IsTimms(string json, int thirdStage, bool dilated)
    {
        var config = Assert.IsType<ResNetConfig>(DetectorBackbone.Read(new ConfigKeys(JsonNode.Parse(json)!.AsObject(), "config.json"), [4]));

        Assert.Equal(thirdStage, config.Depths[2]);
        Assert.Equal(dilated, config.DilateLastStage);
        Assert.False(config.DownsampleInBottleneck);
    }

    [Theory]
    [InlineData("""{"backbone": "swin_tiny"}""", "'backbone'")]
    [InlineData("""{"backbone": "microsoft/resnet-50"}""", "'backbone'")]
    [InlineData("""{"backbone_kwargs": {"output_stride": 4}}""", "'backbone_kwargs.output_stride'")]
    [InlineData("""{"backbone_kwargs": {"block": "x"}}""", "'backbone_kwargs.block'")]
    [InlineData("""{"use_timm_backbone": false, "dilation": true}""", "'dilation'")]
    public void Read_UnknownBackbone_IsRefusedByItsKey(string json, string named)
    {
        var keys = new ConfigKeys(JsonNode.Parse(json)!.AsObject(), "config.json");

        Assert.Contains(named, Assert.Throws<CompileException>(() => DetectorBackbone.Read(keys, [4])).Message, StringComparison.Ordinal);
    }

    private ModelManifest Compile(string fixture, Action<DetectorCheckpoint>? change = null, IProgress<string>? progress = null)
    {
        var checkpoint = DetectorCheckpoint.Load(fixture);
        change?.Invoke(checkpoint);
        checkpoint.Write(Checkpoint);
        return CompileWritten(progress);
    }

    private ModelManifest CompileWritten(IProgress<string>? progress) => ModelCompiler.Compile(
        new CompileOptions { CheckpointFolder = Checkpoint, OutputFolder = _folder["model"], WriteCanary = Inference.Verification.CanaryWriter.WriteInto }, progress, TestContext.Current.CancellationToken);

    private sealed class Lines(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }
}
