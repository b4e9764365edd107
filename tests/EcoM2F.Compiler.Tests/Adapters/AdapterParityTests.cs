using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Adapters;

/// <summary>Every graph of an encoder gives what plain code makes of the tokens without adapters.</summary>
public sealed class AdapterParityTests : IDisposable
{
    /// <summary>Sums of up to 64 products of single precision, in whatever order, of numbers up to about 5.</summary>
    private const float Tolerance = 1e-4f;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mask2former", 3, 64)]
    [InlineData("mask2former_swin", 3, 32)]
    [InlineData("mask2former_resnet", 3, 32)]
    [InlineData(DetectorCheckpoint.DeformableDetr, 4, 32)]
    [InlineData(DetectorCheckpoint.Detr, 1, 32)]
    public void Encoder_EveryGraph_GivesWhatPlainCodeGives(string kind, int levels, int width)
    {
        var compiled = Compile(kind);
        var exits = compiled.Exits;
        ExitAdapter[] adapters = [TestAdapters.Random(exits[0], levels, width), TestAdapters.Random(exits[^2], levels, width)];
        var pixels = NamedTensor.Random(new Random(4), 1f, 2, 3, 96, 160); // a batch
        using var before = new ModelRunner(Model);
        var stem = before.Stem(pixels);
        var layers = exits.ToDictionary(static exit => exit, exit => before.Encoder(exit, stem));

        var installed = AdapterInstaller.InstallCopy(Model, _folder["adapted"], TestAdapters.Installation(null, adapters), TestContext.Current.CancellationToken);

        using var after = new ModelRunner(_folder["adapted"]);
        foreach (var graph in installed.Graphs.Where(static graph => graph.Stage == GraphStages.Encoder))
        {
            var actual = Run(after, graph, stem)[GraphTensors.Encoder];
            TensorAssert.Close(Expected(adapters, graph.Exit!.Value, layers[graph.Exit.Value], stem), actual, Tolerance, graph.File);
        }

        foreach (var graph in installed.Graphs.Where(static graph => graph.Stage == GraphStages.EncoderExits))
        {
            var outputs = Run(after, graph, stem);
            foreach (var exit in exits)
            {
                TensorAssert.Close(Expected(adapters, exit, layers[exit], stem), outputs[GraphTensors.EncoderAt(exit)], Tolerance, $"{graph.File}, exit {exit}");
                if (adapters.Any(adapter => adapter.Exit == exit))
                {
                    TensorAssert.Close(layers[exit], outputs[GraphTensors.RawEncoderAt(exit)], Tolerance, $"{graph.File}, exit {exit} without adapter");
                }
            }
        }
    }

    [Fact]
    public void Install_Fp16_AdaptsBothPrecisions()
    {
        TinyCheckpoint.Write(_folder["checkpoint"]);
        ModelCompiler.Compile(
            new CompileOptions { CheckpointFolder = _folder["checkpoint"], OutputFolder = Model, Precision = GraphPrecisions.Fp16, WriteCanary = CanaryWriter.WriteInto }, null, CancellationToken.None);
        var installed = AdapterInstaller.Install(Model, TestAdapters.Installation(null, TestAdapters.Random(1, 3, 64)), TestContext.Current.CancellationToken);
        Assert.Contains(installed.Graphs, static graph => graph is { Precision: GraphPrecisions.Fp16, Exit: 1 } && graph.File.EndsWith(".fp16.onnx", StringComparison.Ordinal) && graph.File.Length > "encoder-1.fp16.onnx".Length);
        var folder = ModelFolder.Open(Model);
        folder.VerifyHashes(CancellationToken.None);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, precision: GraphPrecisions.Fp16);
        var report = ModelVerifier.VerifyCanary(sessions, folder, ModelVerifier.HalfTolerance, CancellationToken.None);
        Assert.True(report.Passed, string.Join(" ", report.Failures));
        Assert.InRange(report.MaxAbs["case0.exit.1.encoder"], 1e-6, ModelVerifier.HalfTolerance);
    }

    [Fact]
    public void Install_FusedGraphsOnly_IsWhole()
    {
        TinyCheckpoint.Write(_folder["checkpoint"]);
        ModelCompiler.Compile(
            new CompileOptions { CheckpointFolder = _folder["checkpoint"], OutputFolder = Model, Flavours = CompiledFlavours.Fused, WriteCanary = CanaryWriter.WriteInto }, null, CancellationToken.None);
        AdapterInstaller.Install(Model, TestAdapters.Installation(null, TestAdapters.Random(1, 3, 64)), TestContext.Current.CancellationToken);
        var folder = ModelFolder.Open(Model);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu);
        Assert.True(ModelVerifier.VerifyCanary(sessions, folder, ModelVerifier.DefaultTolerance, CancellationToken.None).Passed);
    }

    private string Model => _folder["model"];

    private ModelManifest Compile(string kind)
    {
        if (kind == "mask2former")
        {
            return TinyModel.CompileTo(Model);
        }

        var options = new CompileOptions { CheckpointFolder = Path.Combine(RepositoryPaths.Fixtures, kind), OutputFolder = Model, WriteCanary = CanaryWriter.WriteInto };
        return ModelCompiler.Compile(options, null, CancellationToken.None);
    }

    private static Dictionary<string, NamedTensor> Run(ModelRunner runner, GraphEntry graph, Dictionary<string, NamedTensor> stem) =>
        runner.Run(graph.File, runner.Session(graph.File).InputNames.ToDictionary(static name => name, name => stem[name]));

    private static NamedTensor Expected(ExitAdapter[] adapters, int exit, NamedTensor tokens, Dictionary<string, NamedTensor> stem)
    {
        if (adapters.FirstOrDefault(adapter => adapter.Exit == exit) is not { } adapter)
        {
            return tokens;
        }

        int[] levels = stem.TryGetValue(GraphTensors.SpatialShapes, out var shapes)
            ? [.. shapes.Integers!.Chunk(2).Select(static size => (int)(size[0] * size[1]))]
            : [(int)tokens.Shape[1]];
        var result = new float[tokens.Floats.Length];
        var image = tokens.Floats.Length / (int)tokens.Shape[0];
        for (var start = 0; start < result.Length; start += image)
        {
            adapter.Apply(tokens.Floats.AsSpan(start, image), levels, result.AsSpan(start, image));
        }

        return new NamedTensor(tokens.Shape, result);
    }
}
