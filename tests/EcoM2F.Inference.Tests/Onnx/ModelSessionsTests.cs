using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Tests.Onnx;

public sealed class ModelSessionsTests(TinyEngine engine) : IClassFixture<TinyEngine>
{
    [Fact]
    public void RunEncoderExits_OnePass_EqualsEveryTruncatedEncoder()
    {
        var folder = ModelFolder.Open(engine.ModelFolder);
        using var sut = ModelSessions.Open(folder, ExecutionTarget.Cpu, allExitsGraph: true);
        using var options = new RunOptions();
        using var pixels = OrtValue.CreateTensorValueFromMemory(Waves(64, 96), [1, 3, 64, 96]);
        using var stem = sut.RunStem(pixels, options);

        var exits = sut.RunEncoderExits(stem, options);

        for (var i = 0; i < exits.Length; i++)
        {
            using var alone = sut.RunEncoder(folder.Manifest.Exits[i], stem, options);
            using var together = exits[i];
            Assert.Equal(alone.GetTensorDataAsSpan<float>().ToArray(), together.GetTensorDataAsSpan<float>().ToArray());
        }
    }

    [Fact]
    public void Open_Flavours_GiveTheSameEncoderAtEveryExit()
    {
        var folder = ModelFolder.Open(engine.ModelFolder);
        using var fused = ModelSessions.Open(folder, ExecutionTarget.Cpu);
        using var portable = ModelSessions.Open(folder, ExecutionTarget.Cpu, flavour: GraphFlavours.Portable);
        Assert.Contains(fused.Graphs, static graph => graph is { Stage: GraphStages.Encoder, Flavour: "fused" });
        using var options = new RunOptions();
        using var pixels = OrtValue.CreateTensorValueFromMemory([.. Waves(64, 96), .. Waves(64, 96).Reverse()], [2, 3, 64, 96]);
        using var stem = fused.RunStem(pixels, options);

        foreach (var exit in folder.Manifest.Exits)
        {
            using var expected = portable.RunEncoder(exit, stem, options);
            using var actual = fused.RunEncoder(exit, stem, options);
            var differences = expected.GetTensorDataAsSpan<float>().ToArray().Zip(actual.GetTensorDataAsSpan<float>().ToArray(), static (a, b) => Math.Abs(a - b));
            Assert.InRange(differences.Max(), 0, 5e-5f); // places rounded in cells, not in -1 to 1, and three layers of it
        }
    }

    [Fact]
    public void OpenLazily_GraphThatDoesNotLoad_FailsWhenItIsNeeded()
    {
        using var temporary = new TemporaryFolder();
        TinyModel.CompileTo(temporary["tiny"]);
        var folder = ModelFolder.Open(temporary["tiny"]);
        using var sut = ModelSessions.OpenLazily(folder, ExecutionTarget.Cpu, allExitsGraph: false, GraphPrecisions.Fp32);
        File.WriteAllText(folder.PathOf(sut.Graphs.Single(static graph => graph is { Stage: GraphStages.Encoder, Exit: 2 }).File), "no graph");
        using var options = new RunOptions();
        using var pixels = OrtValue.CreateTensorValueFromMemory(Waves(64, 64), [1, 3, 64, 64]);

        using var stem = sut.RunStem(pixels, options);
        using var encoder = sut.RunEncoder(1, stem, options);
        var error = Assert.Throws<ModelLoadException>(sut.OpenAll);

        Assert.Contains("ONNX Runtime cannot load it", error.Message, StringComparison.Ordinal);
        Assert.Throws<ModelLoadException>(() => sut.RunEncoder(2, stem, options));
    }

    [Fact]
    public void FastestFlavour_PerTarget_IsFusedOnTheCpuAlone()
    {
        Assert.Equal(GraphFlavours.Fused, ExecutionTarget.Cpu.FastestFlavour);
        Assert.Equal(GraphFlavours.Portable, new ExecutionTarget(ExecutionTarget.CudaProvider).FastestFlavour);
    }

    [Fact]
    public void RunStem_AlternatingShapes_StaysRight()
    {
        using var sut = ModelSessions.Open(ModelFolder.Open(engine.ModelFolder), ExecutionTarget.Cpu);
        using var options = new RunOptions();
        var first = new Dictionary<(int, int), float[]>();
        for (var round = 0; round < 3; round++)
        {
            foreach (var (height, width) in ((int, int)[])[(32, 96), (96, 64), (64, 64), (96, 96)])
            {
                using var pixels = OrtValue.CreateTensorValueFromMemory(Waves(height, width), [1, 3, height, width]);
                using var stem = sut.RunStem(pixels, options);
                var pooled = stem.Pooled.GetTensorDataAsSpan<float>().ToArray();
                if (!first.TryAdd((height, width), pooled))
                {
                    Assert.Equal(first[(height, width)], pooled);
                }
            }
        }
    }

    /// <summary>With zeros in the file beside the graph, an encoder stays right only if every initializer comes from the shared mapping.</summary>
    [Fact]
    public void StageSession_ZerosBesideEncoder_TakesWeightsFromTheMapping()
    {
        var folder = Directory.CreateTempSubdirectory("ecom2f-shared");
        try
        {
            var real = Path.Combine(engine.ModelFolder, "weights.bin");
            var copy = Path.Combine(folder.FullName, "encoder-3.onnx");
            File.Copy(Path.Combine(engine.ModelFolder, "encoder-3.onnx"), copy);
            File.WriteAllBytes(Path.Combine(folder.FullName, "weights.bin"), new byte[new FileInfo(real).Length]);
            using var sessions = ModelSessions.Open(ModelFolder.Open(engine.ModelFolder), ExecutionTarget.Cpu, flavour: GraphFlavours.Portable);
            using var options = new RunOptions();
            using var pixels = OrtValue.CreateTensorValueFromMemory(Waves(64, 64), [1, 3, 64, 64]);
            using var stem = sessions.RunStem(pixels, options);
            using var expected = sessions.RunEncoder(3, stem, options);
            using var weights = new WeightsFiles([real]);
            using var sut = new StageSession(copy, ExecutionTarget.Cpu, weights, recordPlacement: false);

            using var actual = sut.Run(
                options,
                [(GraphTensors.Tokens, stem[GraphTensors.Tokens]), (GraphTensors.Position, stem[GraphTensors.Position]), (GraphTensors.SpatialShapes, stem[GraphTensors.SpatialShapes])],
                [(GraphTensors.Encoder, OrtMemoryInfo.DefaultInstance)])[0];

            Assert.Equal(expected.GetTensorDataAsSpan<float>().ToArray(), actual.GetTensorDataAsSpan<float>().ToArray());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void EndRecording_RealProfile_NamesEveryNodeThatRanElsewhere()
    {
        var target = ExecutionTarget.Cpu;
        using var sut = new StageSession(Path.Combine(engine.ModelFolder, "gate-balanced.onnx"), target, null, recordPlacement: true);
        using var options = new RunOptions();
        using var pooled = OrtValue.CreateTensorValueFromMemory(new float[64], [1, 64]);
        sut.Run(options, [(GraphTensors.Pooled, pooled)], [(GraphTensors.Scores, OrtMemoryInfo.DefaultInstance)])[0].Dispose();
        var file = sut.EndRecording();
        try
        {
            using var asked = File.OpenRead(file);
            Assert.Empty(NodePlacement.FindElsewhere(asked, "CPUExecutionProvider"));
            using var other = File.OpenRead(file);
            Assert.Contains("Gemm", Assert.Single(NodePlacement.FindElsewhere(other, "CUDAExecutionProvider")), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Open_CudaWhereThereIsNone_SaysHowToGetIt()
    {
        if (OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider") && File.Exists("/dev/nvidia0"))
        {
            Assert.Skip("This machine has CUDA.");
        }

        var error = Assert.Throws<ModelLoadException>(() => ModelSessions.Open(ModelFolder.Open(engine.ModelFolder), new ExecutionTarget(ExecutionTarget.CudaProvider)));

        Assert.StartsWith("CUDA ", error.Message, StringComparison.Ordinal);
        Assert.Contains("-p:Gpu=true", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ErrorCode", error.Message, StringComparison.Ordinal);
    }

    private static float[] Waves(int height, int width) =>
        [.. Enumerable.Range(0, 3 * height * width).Select(static i => (float)Math.Sin(i * 0.37))];
}
