using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Quantization;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Quantization;

/// <summary>A tiny model's own decoder, run as it was compiled and folded.</summary>
public sealed class FoldedMaskProjectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FoldedMaskProjectionTests() => TinyModel.CompileTo(Model);

    private string Model => _folder["tiny"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_Decoder_GivesTheSameClassesAndMasksWithoutTheConvolution()
    {
        using var weights = SafetensorsFile.Open(Path.Combine(Model, WeightStore.FileName));
        var model = GraphFile.Read(Path.Combine(Model, "decoder.fused.onnx"));
        Assert.Contains(weights.Floats("model.pixel_level_module.decoder.mask_projection.bias"), static value => value != 0); // or the shift is not tested

        var folded = Fold(model, weights);
        using var runner = new ModelRunner(Model);
        var stem = runner.Stem(NamedTensor.Random(new Random(11), 1f, 1, 3, 64, 96));
        Dictionary<string, NamedTensor> inputs = new()
        {
            [GraphTensors.Encoder] = runner.Encoder(2, stem),
            [GraphTensors.Res2] = stem[GraphTensors.Res2],
            [GraphTensors.SpatialShapes] = stem[GraphTensors.SpatialShapes],
        };
        var (expected, actual) = (runner.Run("decoder.fused.onnx", inputs), runner.Run("folded.fused.onnx", inputs));

        Assert.Equal([GraphTensors.ClassQueriesLogits, GraphTensors.MasksQueriesLogits], actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(actual, output => TensorAssert.Close(expected[output.Key], output.Value, 2e-4f, output.Key));
        Assert.Equal(Convolutions(model) - 1, Convolutions(folded));
    }

    [Fact]
    public void Of_GraphWithoutAMaskProjection_IsTheGraph()
    {
        var stem = GraphFile.Read(Path.Combine(Model, "stem.onnx"));

        Assert.Same(stem, FoldedMaskProjection.Of(stem, static _ => [], new WeightStore()));
    }

    [Fact]
    public void Of_ProjectionThatChangesTheChannels_IsTheGraph()
    {
        var decoder = GraphFile.Read(Path.Combine(Model, "decoder.fused.onnx"));
        decoder.Graph.Initializer.Single(static tensor => tensor.Name.EndsWith(".mask_projection.weight", StringComparison.Ordinal)).Dims[0]++;

        Assert.Same(decoder, FoldedMaskProjection.Of(decoder, static _ => [], new WeightStore()));
    }

    /// <summary>Writes the folded graph beside the others, with a file of the layer that is new.</summary>
    private ModelProto Fold(ModelProto model, SafetensorsFile weights)
    {
        var added = new WeightStore();
        var folded = FoldedMaskProjection.Of(model, weights.Floats, added);
        added.WriteFile(Path.Combine(Model, "folded.bin"));
        GraphFile.Write(folded, added, Path.Combine(Model, "folded.fused.onnx"), "folded.bin");
        return folded;
    }

    private static int Convolutions(ModelProto model) => model.Graph.Node.Count(static node => node.OpType == "Conv");
}
