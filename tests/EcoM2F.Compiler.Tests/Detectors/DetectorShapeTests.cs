using System.Text.Json.Nodes;
using EcoM2F.Compiler.Tests.Backbones;
using EcoM2F.Compiler.Tests.Reference;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Detectors;

/// <summary>Compiled detectors against a plain double-precision implementation: shapes, levels and points that the fixtures' values do not cover.</summary>
public sealed class DetectorShapeTests
{
    private const float Tolerance = 1e-4f; // fp32 against double

    [Theory]
    [InlineData(32, 32)]
    [InlineData(64, 224)]
    [InlineData(160, 96)]
    public void Compile_Detr_EqualsNaiveReference(int height, int width)
    {
        using var sut = new DetectorModel(DetectorCheckpoint.Detr, fused: false);
        Check(sut, height, width);
    }

    [Theory]
    [InlineData(1, 4, 4, false)]
    [InlineData(1, 2, 3, true)]
    [InlineData(3, 1, 5, false)]
    [InlineData(3, 5, 1, true)]
    [InlineData(4, 4, 4, false)]
    [InlineData(4, 4, 4, true)]
    [InlineData(6, 3, 2, false)]
    [InlineData(6, 3, 2, true)]
    public void Compile_DeformableDetr_EqualsNaiveReference(int levels, int encoderPoints, int decoderPoints, bool fused)
    {
        using var sut = new DetectorModel(DetectorCheckpoint.DeformableDetr, fused, checkpoint =>
        {
            if ((levels, encoderPoints, decoderPoints) != (4, 4, 4))
            {
                checkpoint.ChangeLevels(levels, encoderPoints, decoderPoints);
            }
        });
        Check(sut, 64, 96);
        Check(sut, 96, 32);
    }

    private static void Check(DetectorModel sut, int height, int width)
    {
        using var checkpoint = SafetensorsCheckpoint.Open(sut.Checkpoint);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(sut.Checkpoint, "config.json")))!.AsObject();
        var naive = new NaiveDetector(checkpoint, config);
        var pixels = NamedTensor.Random(new Random(height), 2f, 1, 3, height, width);

        var stem = sut.Stem(pixels);
        naive.Run(BackboneModel.Image(pixels));
        Same(naive.Tokens, stem[GraphTensors.Tokens], GraphTensors.Tokens);
        Same(naive.Positions, stem[GraphTensors.Position], GraphTensors.Position);
        Same([naive.Pooled], stem[GraphTensors.Pooled], GraphTensors.Pooled);
        for (var depth = 1; depth <= sut.Manifest.MaxDepth; depth++)
        {
            naive.EncodeOneLayerMore();
            var encoder = sut.Encoder(depth, stem);
            Same(naive.Tokens, encoder, $"encoder {depth}");
            var (logits, boxes) = sut.Decoder(encoder, stem);
            var (expectedLogits, expectedBoxes) = naive.Decode();
            Same(expectedLogits, logits, GraphTensors.Logits);
            Same(expectedBoxes, boxes, GraphTensors.PredBoxes);
        }
    }

    private static void Same(double[][] expected, NamedTensor actual, string what) => TestContext.Current.TestOutputHelper!.WriteLine(
        $"{what}: {TensorAssert.Close(new NamedTensor(actual.Shape, [.. expected.SelectMany(static row => row).Select(static v => (float)v)]), actual, Tolerance, what):e2}");
}
