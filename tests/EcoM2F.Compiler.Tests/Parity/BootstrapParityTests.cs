using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Parity;

/// <summary>The bootstrap checkpoint against the tensors that its PyTorch reference gave; runs where that checkpoint is at hand.</summary>
public sealed class BootstrapParityTests
{
    private const float Tolerance = 5e-4f; // the project's own bound for fp32 on another implementation

    private static string Checkpoint => Path.Combine(RepositoryPaths.Shared, "checkpoints", "bootstrap");

    [Theory]
    [InlineData("case0", false)]
    [InlineData("case0", true)]
    [InlineData("case1", false)]
    [InlineData("case1", true)]
    public void Compile_Bootstrap_EqualsReference(string name, bool fused)
    {
        Assert.SkipUnless(File.Exists(Path.Combine(Checkpoint, "expected.safetensors")), $"{Checkpoint} is not here.");
        using var folder = new TemporaryFolder();
        ModelCompiler.Compile(new CompileOptions { CheckpointFolder = Checkpoint, OutputFolder = folder["model"] }, null, TestContext.Current.CancellationToken);
        using var expected = SafetensorsFile.Open(Path.Combine(Checkpoint, "expected.safetensors"));
        using var sut = new ModelRunner(folder["model"], fused);

        var stem = sut.Stem(Read(GraphTensors.PixelValues));
        Check(GraphTensors.Pooled, stem[GraphTensors.Pooled]);
        foreach (var profile in new[] { "fast", "balanced", "best", "utility" })
        {
            Check("gate." + profile, sut.Gate(profile, stem[GraphTensors.Pooled]));
        }

        var exits = sut.EncoderExits(stem);
        for (var depth = 1; depth <= 6; depth++)
        {
            var encoder = sut.Encoder(depth, stem);
            TensorAssert.Close(encoder, exits[GraphTensors.EncoderAt(depth)], 1e-6f, GraphTensors.EncoderAt(depth));
            if (expected.Contains($"{name}.exit.{depth}.{GraphTensors.Encoder}"))
            {
                Check($"exit.{depth}.{GraphTensors.Encoder}", encoder);
            }

            var outputs = sut.Decoder(encoder, stem);
            Check($"exit.{depth}.{GraphTensors.ClassQueriesLogits}", outputs[GraphTensors.ClassQueriesLogits]);
            Check($"exit.{depth}.{GraphTensors.MasksQueriesLogits}", outputs[GraphTensors.MasksQueriesLogits]);
        }

        NamedTensor Read(string key) => new([.. expected[$"{name}.{key}"].Shape], expected.Floats($"{name}.{key}"));

        void Check(string key, NamedTensor actual) =>
            TestContext.Current.TestOutputHelper!.WriteLine($"{key}: {TensorAssert.Close(Read(key), actual, Tolerance, key):e2}");
    }
}
