using EcoM2F.Compiler.Tests.Reference;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Tests.Parity;

/// <summary>The compiled tiny model against a plain double-precision implementation of the same network.</summary>
public sealed class TinyParityTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    /// <summary>fp32 against double through the whole network; measured below 2e-5, and CPUs round differently.</summary>
    private const float Tolerance = 1e-4f;

    [Theory]
    [InlineData(64, 96, 1, false)]
    [InlineData(64, 96, 1, true)]
    [InlineData(96, 64, 2, false)]
    [InlineData(96, 64, 2, true)]
    [InlineData(32, 160, 3, false)] // a shape that no preprocessing gives
    [InlineData(32, 160, 3, true)]
    public void Compile_TinyModel_EqualsNaiveReference(int height, int width, int seed, bool fused)
    {
        var runner = fused ? fixture.Fused : fixture.Runner;
        var pixels = NamedTensor.Random(new Random(seed), 1f, 1, 3, height, width);
        var image = new Array3(3, height, width);
        pixels.Floats.Select(v => (double)v).ToArray().CopyTo(image.Values, 0);
        using var checkpoint = SafetensorsCheckpoint.Open(fixture.Checkpoint);
        var naive = new NaiveMask2Former(checkpoint);

        var stem = runner.Stem(pixels);
        var maps = naive.Backbone(image);
        var levels = naive.Project(maps);
        var sizes = levels.Select(l => (l.Height, l.Width)).ToArray();
        var tokens = levels.SelectMany(l => l.Tokens()).ToArray();
        var positions = naive.Positions(levels);
        Check(maps[0].Values, stem[GraphTensors.Res2], GraphTensors.Res2);
        Check(Flat(tokens), stem[GraphTensors.Tokens], GraphTensors.Tokens);
        Check(Flat(positions), stem[GraphTensors.Position], GraphTensors.Position);
        Assert.Equal(sizes.SelectMany(s => new long[] { s.Height, s.Width }), stem[GraphTensors.SpatialShapes].Integers!);
        var pooled = Enumerable.Range(0, 64).Select(c => levels[0].Tokens().Average(t => t[c])).ToArray();
        Check(pooled, stem[GraphTensors.Pooled], GraphTensors.Pooled);

        for (var depth = 1; depth <= 3; depth++)
        {
            tokens = naive.EncoderLayer(depth - 1, tokens, positions, sizes);
            var encoder = runner.Encoder(depth, stem);
            Check(Flat(tokens), encoder, $"encoder {depth}");

            var memory = NaiveMask2Former.Cut(tokens, sizes);
            var features = naive.MaskFeatures(maps[0], memory[2]);
            var (classes, masks) = naive.Decode(memory, features);
            Assert.True(naive.NearestToZero > 1e-5, $"A mask logit of {naive.NearestToZero} could flip: choose another seed.");
            var outputs = runner.Decoder(encoder, stem);
            Check(features.Values, outputs[GraphTensors.MaskFeatures], GraphTensors.MaskFeatures);
            Check(Flat(classes), outputs[GraphTensors.ClassQueriesLogits], GraphTensors.ClassQueriesLogits);
            Check(masks.Values, outputs[GraphTensors.MasksQueriesLogits], GraphTensors.MasksQueriesLogits);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"queries opened: {naive.Opened}, nearest to zero: {naive.NearestToZero:e1}");
        Assert.True(naive.Opened > 0, "No query had an empty mask: choose another seed, so that opening is tested.");
    }

    private static double[] Flat(double[][] rows) => [.. rows.SelectMany(r => r)];

    private static void Check(double[] expected, NamedTensor actual, string what) => TestContext.Current.TestOutputHelper!.WriteLine(
        $"{what}: {TensorAssert.Close(new NamedTensor(actual.Shape, [.. expected.Select(v => (float)v)]), actual, Tolerance, what):e2}");
}
