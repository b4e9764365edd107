using EcoM2F.Compiler.Architectures.Mask2Former;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests.Parity;

/// <summary>Compiled models against what Hugging Face's implementation gave for the same checkpoints.</summary>
public sealed class ReferenceParityTests(ReferenceModels models) : IClassFixture<ReferenceModels>
{
    private const float Tolerance = (float)ModelVerifier.DefaultTolerance;

    public static TheoryData<string> Fixtures => ["mask2former_swin", "mask2former_resnet"];

    [Theory]
    [InlineData("mask2former_swin", GraphFlavours.Portable)]
    [InlineData("mask2former_swin", GraphFlavours.Fused)]
    [InlineData("mask2former_resnet", GraphFlavours.Portable)]
    [InlineData("mask2former_resnet", GraphFlavours.Fused)]
    public void Verify_EveryCaseAndExit_EqualsReference(string fixture, string flavour)
    {
        var report = models.Verify(fixture, flavour);
        Assert.Empty(report.Failures);
        using var expected = SafetensorsFile.Open(ReferenceModels.Expected(fixture));
        var compared = expected.Tensors.Select(t => t.Name).Where(n => n.Contains(".exit.", StringComparison.Ordinal)).Order().ToList();
        Assert.Equal(compared, report.MaxAbs.Keys.Order());
        Assert.All([1, 2, 3, 4, 5, 6], exit => Assert.Contains($"case0.exit.{exit}.{GraphTensors.MasksQueriesLogits}", compared));
        Assert.All([1, 6], exit => Assert.Contains($"case1.exit.{exit}.{GraphTensors.MasksQueriesLogits}", compared));
        Assert.All(report.Skipped, name => Assert.Contains(".backbone.", name));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Graphs_EveryImageOfABatch_EqualsTheReferenceAlone(string fixture)
    {
        using var expected = SafetensorsFile.Open(ReferenceModels.Expected(fixture));
        var pixels = new NamedTensor([.. expected[$"case1.{GraphTensors.PixelValues}"].Shape], expected.Floats($"case1.{GraphTensors.PixelValues}"));
        using var runner = new ModelRunner(models.Folder(fixture));
        for (var image = 0; image < 2; image++)
        {
            var stem = runner.Stem(pixels.Row(image));
            foreach (var exit in new[] { 1, 6 })
            {
                var encoder = runner.Encoder(exit, stem);
                Check($"exit.{exit}.{GraphTensors.Encoder}", encoder, image);
                foreach (var (name, value) in runner.Decoder(encoder, stem).Where(o => o.Key != GraphTensors.MaskFeatures))
                {
                    Check($"exit.{exit}.{name}", value, image);
                }
            }
        }

        void Check(string name, NamedTensor alone, int image)
        {
            var batch = new NamedTensor([.. expected["case1." + name].Shape], expected.Floats("case1." + name));
            TensorAssert.Close(batch.Row(image), alone, Tolerance, $"{name} of image {image}");
        }
    }

    [Theory]
    [InlineData("mask2former_swin", "case0")]
    [InlineData("mask2former_swin", "case1")]
    [InlineData("mask2former_resnet", "case0")]
    [InlineData("mask2former_resnet", "case1")]
    public void Backbone_EveryMap_EqualsReference(string fixture, string name)
    {
        using var folder = new TemporaryFolder();
        WriteBackbone(Path.Combine(RepositoryPaths.Fixtures, fixture), folder.Path);
        using var runner = new ModelRunner(folder.Path);
        using var expected = SafetensorsFile.Open(ReferenceModels.Expected(fixture));
        var maps = runner.Run("backbone.onnx", new() { [GraphTensors.PixelValues] = Read(GraphTensors.PixelValues) });
        for (var i = 0; i < 4; i++)
        {
            TensorAssert.Close(Read($"backbone.{i}"), maps[$"map{i}"], 1e-4f, $"backbone.{i}"); // early, so rounding has added up less
        }

        NamedTensor Read(string key) => new([.. expected[$"{name}.{key}"].Shape], expected.Floats($"{name}.{key}"));
    }

    [Fact]
    public void Stem_Swin_IsFusedByTheRuntime()
    {
        using var folder = new TemporaryFolder();
        using (var options = new SessionOptions { OptimizedModelFilePath = folder["optimized.onnx"], GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED })
        using (new InferenceSession(Path.Combine(models.Folder("mask2former_swin"), "stem.onnx"), options))
        {
        }

        var operators = ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder["optimized.onnx"])).Graph.Node.CountBy(n => n.OpType).ToDictionary();
        const int blocks = 8;
        Assert.Equal(blocks, operators.Where(o => o.Key.Contains("Gelu", StringComparison.Ordinal)).Sum(o => o.Value));
        Assert.Equal(blocks, operators["FusedMatMul"]); // queries times keys, without a transposed copy of the keys
        Assert.DoesNotContain("Erf", operators.Keys);
    }

    private static void WriteBackbone(string source, string folder)
    {
        using var checkpoint = SafetensorsCheckpoint.Open(source);
        var reader = new CheckpointReader(checkpoint);
        var backbone = Mask2FormerConfig.Read(ConfigKeys.Open(Path.Combine(source, "config.json")), reader).Backbone.Build(reader, "model.pixel_level_module.encoder");
        var weights = new WeightStore();
        var g = new GraphBuilder("backbone", weights);
        var pixels = g.Input(GraphTensors.PixelValues, OnnxType.Float, "batch", "3", "height", "width");
        var maps = backbone.Build(new LayerBuilder(g, reader), pixels);
        for (var i = 0; i < maps.Count; i++)
        {
            g.Output(maps[i], $"map{i}", OnnxType.Float, "batch", $"{backbone.Channels[i]}", $"height{i}", $"width{i}");
        }

        var graph = g.Build();
        weights.Write(folder);
        GraphFile.Write(graph, weights, Path.Combine(folder, "backbone.onnx"));
    }
}
