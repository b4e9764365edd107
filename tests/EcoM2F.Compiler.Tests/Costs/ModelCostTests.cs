using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Costs;

public sealed class ModelCostTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    [Fact]
    public void Costs_EverySizeAndExit_EqualWhatTheRuntimeRan()
    {
        Assert.Equal(5, fixture.Manifest.Costs.Count);
        Assert.All(fixture.Manifest.Costs, cost => AssertEqualsProfile(fixture.Model, fixture.Manifest, cost));
    }

    [Fact]
    public void Costs_DefaultModel_EqualWhatTheRuntimeRan()
    {
        var manifest = ModelFolder.Open(RepositoryPaths.DefaultModel).Manifest;
        AssertEqualsProfile(RepositoryPaths.DefaultModel, manifest, Assert.Single(manifest.Costs, static cost => cost is { Height: 320, Width: 448 }));
    }

    [Fact]
    public void Costs_EncoderLayer_AgreesWithThePapersFormula()
    {
        // d=64, 8 heads, 3 levels, 4 points, feed-forward 96: value, offsets, weights, output, two of feed-forward
        const long perToken = (64 * 64) + (64 * 192) + (64 * 96) + (64 * 64) + (2 * 64 * 96);
        Assert.All(fixture.Manifest.Costs, c => Assert.Equal(perToken * (c.Height * c.Width * 21 / 1024) / 1e9, c.Layer, 6));
    }

    /// <summary>Every size that a server can be asked for has a row, and no other has one.</summary>
    [Theory]
    [InlineData("""{"size": {"shortest_edge": 50, "longest_edge": 70}}""")]
    [InlineData("""{"size": {"height": 50, "width": 90}}""")]
    public void Costs_AnyResizingRule_AreThoseOfTheSizesThatImagesGet(string preprocessor)
    {
        using var folder = new TemporaryFolder();
        TinyCheckpoint.Write(folder["checkpoint"]);
        File.WriteAllText(Path.Combine(folder["checkpoint"], "preprocessor_config.json"), preprocessor);
        var manifest = ModelCompiler.Compile(
            new CompileOptions { CheckpointFolder = folder["checkpoint"], OutputFolder = folder["model"] }, null, TestContext.Current.CancellationToken);

        Assert.Equal(InputSize.All(manifest.Preprocessing), manifest.Costs.Select(static cost => new InputSize(cost.Height, cost.Width)));
        Assert.Contains(InputSize.For(640, 360, manifest.Preprocessing), manifest.Costs.Select(static cost => new InputSize(cost.Height, cost.Width)));
    }

    /// <summary>Stage by stage, and the whole model at each exit.</summary>
    private static void AssertEqualsProfile(string folder, ModelManifest manifest, ModelCost cost)
    {
        using var runner = new ModelRunner(folder);
        var pixels = NamedTensor.Random(new Random(9), 1f, 1, 3, cost.Height, cost.Width);
        var stem = runner.Stem(pixels);
        var encoderInputs = stem.Where(s => s.Key is GraphTensors.Tokens or GraphTensors.Position or GraphTensors.SpatialShapes).ToDictionary();
        var decoderInputs = stem.Where(s => s.Key is GraphTensors.Res2 or GraphTensors.SpatialShapes).Append(new(GraphTensors.Encoder, stem[GraphTensors.Tokens])).ToDictionary();
        var stemCount = ProfiledMultiplyAdds.Count(folder, "stem.onnx", new() { [GraphTensors.PixelValues] = pixels });
        var decoderCount = ProfiledMultiplyAdds.Count(folder, "decoder.onnx", decoderInputs);
        AssertGiga(stemCount, cost.Stem);
        AssertGiga(decoderCount, cost.Decoder);
        foreach (var exit in manifest.Exits)
        {
            var encoderCount = ProfiledMultiplyAdds.Count(folder, FormattableString.Invariant($"encoder-{exit}.onnx"), encoderInputs);
            AssertGiga(encoderCount, cost.Layer * exit);
            AssertGiga(stemCount + encoderCount + decoderCount, cost.At(exit));
        }
    }

    /// <summary>The table has six digits, of which a layer's count once for each layer.</summary>
    private static void AssertGiga(long expected, double actual) => Assert.Equal(expected / 1e9, actual, tolerance: 5e-6);
}
