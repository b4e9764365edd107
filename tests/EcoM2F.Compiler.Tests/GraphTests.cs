using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Tests;

/// <summary>The graphs' contract with whoever runs them.</summary>
public sealed class GraphTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    private const float BatchTolerance = 5e-5f; // another batch size rounds differently

    /// <summary>Names in full, not <see cref="GraphTensors"/>: a change there would make new graphs and old engines disagree.</summary>
    [Fact]
    public void Graphs_AllOptimisations_LoadWithTheirInterface()
    {
        AssertInterface("stem.onnx", "pixel_values", "tokens position spatial_shapes res2 pooled");
        AssertInterface("encoder-1.onnx", "tokens position spatial_shapes", "encoder");
        AssertInterface("encoder-1.fused.onnx", "tokens position spatial_shapes", "encoder");
        AssertInterface("encoder-2.onnx", "tokens position spatial_shapes", "encoder");
        AssertInterface("encoder-3.onnx", "tokens position spatial_shapes", "encoder");
        AssertInterface("encoder-3.fused.onnx", "tokens position spatial_shapes", "encoder");
        AssertInterface("encoder-exits.onnx", "tokens position spatial_shapes", "encoder_1 encoder_2 encoder_3");
        AssertInterface("decoder.onnx", "encoder res2 spatial_shapes", "class_queries_logits masks_queries_logits mask_features");
        AssertInterface("decoder.fused.onnx", "encoder res2 spatial_shapes", "class_queries_logits masks_queries_logits mask_features");
        AssertInterface("gate-balanced.onnx", "pooled", "scores");
        AssertInterface("gate-utility.onnx", "pooled", "scores");
    }

    [Fact]
    public void Graphs_BatchOfTwo_EqualsSingles()
    {
        var pixels = NamedTensor.Random(new Random(5), 1f, 2, 3, 64, 96);
        var stem = fixture.Runner.Stem(pixels);
        var encoder = fixture.Runner.Encoder(2, stem);
        var outputs = fixture.Runner.Decoder(encoder, stem);
        for (var image = 0; image < 2; image++)
        {
            var alone = fixture.Runner.Stem(pixels.Row(image));
            TensorAssert.Close(alone[GraphTensors.Pooled], stem[GraphTensors.Pooled].Row(image), BatchTolerance, GraphTensors.Pooled);
            var aloneEncoder = fixture.Runner.Encoder(2, alone);
            TensorAssert.Close(aloneEncoder, encoder.Row(image), BatchTolerance, GraphTensors.Encoder);
            foreach (var (name, value) in fixture.Runner.Decoder(aloneEncoder, alone))
            {
                TensorAssert.Close(value, outputs[name].Row(image), BatchTolerance, name);
            }
        }
    }

    [Fact]
    public void Graphs_ShapesThatAlternate_GiveTheSameAgain()
    {
        var wide = NamedTensor.Random(new Random(6), 1f, 1, 3, 64, 96);
        var first = fixture.Runner.Stem(wide)[GraphTensors.Tokens];
        fixture.Runner.Stem(NamedTensor.Random(new Random(7), 1f, 1, 3, 96, 64));
        TensorAssert.Close(first, fixture.Runner.Stem(wide)[GraphTensors.Tokens], 0, GraphTensors.Tokens);
    }

    [Fact]
    public void EncoderExits_EveryExit_EqualsItsOwnGraph()
    {
        var stem = fixture.Runner.Stem(NamedTensor.Random(new Random(8), 1f, 1, 3, 96, 96));
        var exits = fixture.Runner.EncoderExits(stem);
        for (var depth = 1; depth <= 3; depth++)
        {
            TensorAssert.Close(fixture.Runner.Encoder(depth, stem), exits[GraphTensors.EncoderAt(depth)], BatchTolerance, GraphTensors.EncoderAt(depth));
        }
    }

    /// <summary>Of a layer: five products, the sampling, two norms with their residuals; nothing that only moves numbers about.</summary>
    [Fact]
    public void Encoder_Fused_HoldsNoTransposeAndNoGrid()
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(fixture.Model, "encoder-1.fused.onnx")));
        var operators = model.Graph.Node.CountBy(n => n.OpType).ToDictionary();
        Assert.Equal(
            new Dictionary<string, int> { ["Shape"] = 1, ["Reshape"] = 3, ["Add"] = 1, ["Gemm"] = 5, ["MSDeformAttn"] = 1, ["AddLayerNorm"] = 2, ["Relu"] = 1 },
            operators);
        Assert.Equal(["", "ecom2f"], model.OpsetImport.Select(o => o.Domain));
    }

    /// <summary>At stride 4: the two group norms take the enlarged map and the ReLU with them; what is resized is the mask features, for the three levels.</summary>
    [Fact]
    public void Decoder_Fused_PassesOverTheLargestMapsOnce()
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(fixture.Model, "decoder.fused.onnx")));
        var operators = model.Graph.Node.CountBy(n => n.OpType).ToDictionary();
        Assert.Equal((2, 3, 0), (operators["GroupNorm"], operators["Resize"], operators.GetValueOrDefault("InstanceNormalization")));
        Assert.Equal(["", "ecom2f"], model.OpsetImport.Select(o => o.Domain));
    }

    [Fact]
    public void Initializers_EveryExternalOne_IsTheTensorOfThatNameInTheWeightsFile()
    {
        using var weights = SafetensorsFile.Open(Path.Combine(fixture.Model, "weights.bin"));
        var used = new HashSet<string>();
        foreach (var entry in fixture.Manifest.Graphs)
        {
            var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(fixture.Model, entry.File)));
            foreach (var tensor in model.Graph.Initializer.Where(t => t.DataLocation == TensorProto.Types.DataLocation.External))
            {
                var data = tensor.ExternalData.ToDictionary(d => d.Key, d => d.Value);
                Assert.Equal("weights.bin", data["location"]);
                Assert.Equal(weights[tensor.Name].Offset, long.Parse(data["offset"]));
                Assert.Equal(weights[tensor.Name].Length, long.Parse(data["length"]));
                Assert.Equal(weights[tensor.Name].Shape, tensor.Dims);
                used.Add(tensor.Name);
            }

            // what is inside a graph is shapes and small tables, never a weight
            Assert.All(model.Graph.Initializer.Where(t => t.DataLocation != TensorProto.Types.DataLocation.External), t => Assert.True(t.RawData.Length <= 4096, t.Name));
        }

        Assert.Equal(weights.Tensors.Select(t => t.Name).Order(), used.Order());
    }

    private void AssertInterface(string file, string inputs, string outputs)
    {
        var session = fixture.Runner.Session(file);
        Assert.Equal(inputs.Split(' '), session.InputNames);
        Assert.Equal(outputs.Split(' '), session.OutputNames);
    }
}
