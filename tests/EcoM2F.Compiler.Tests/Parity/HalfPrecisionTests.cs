using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Parity;

/// <summary>fp16 graphs, which are for GPUs, on the CPU: slow there, but the same numbers.</summary>
public sealed class HalfPrecisionTests : IDisposable
{
    private const int Half = 10; // ONNX's number

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Stem and encoder within <see cref="ModelVerifier.HalfTolerance"/> of fp32 values of up to about 6, after eight Swin blocks and
    /// six layers. The fixtures' random weights put mask logits close to 0, so entries of attention masks flip by rounding and a few
    /// queries change: their masks are not compared here.
    /// </summary>
    [Theory]
    [InlineData("mask2former_swin")]
    [InlineData("mask2former_resnet")]
    public void Encoder_EveryExit_IsCloseToTheReference(string fixture)
    {
        var folder = Compile(fixture);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, precision: GraphPrecisions.Fp16);
        var report = ModelVerifier.Verify(
            sessions, folder.Manifest, ReferenceModels.Expected(fixture), ModelVerifier.HalfTolerance, TestContext.Current.CancellationToken);

        Assert.All(sessions.Graphs, static graph => Assert.Equal(GraphPrecisions.Fp16, graph.Precision));
        var encoders = report.MaxAbs.Where(static entry => entry.Key.EndsWith($".{GraphTensors.Encoder}", StringComparison.Ordinal)).ToList();
        Assert.True(encoders.Count >= 6);
        Assert.All(encoders, static entry => Assert.InRange(entry.Value, 1e-5, ModelVerifier.HalfTolerance)); // 0 would be fp32 in disguise
        Assert.DoesNotContain(report.Failures, static failure => failure.Contains("finite", StringComparison.Ordinal) || failure.Contains("shape", StringComparison.Ordinal));
    }

    [Fact]
    public void Compile_Fp16_AddsPortableTwinsAndTheirWeights()
    {
        var folder = Compile("mask2former_swin");
        var graphs = folder.Manifest.Graphs;
        var half = graphs.Where(static graph => graph.Precision == GraphPrecisions.Fp16).ToList();

        Assert.All(half, static graph => Assert.Equal(GraphFlavours.Portable, graph.Flavour));
        Assert.Equal(
            graphs.Where(static graph => graph is { Flavour: GraphFlavours.Portable, Precision: GraphPrecisions.Fp32 }).Select(static graph => (graph.Stage, graph.Exit)),
            half.Select(static graph => (graph.Stage, graph.Exit)));
        using var weights = SafetensorsFile.Open(folder.PathOf(folder.Manifest.Weights));
        Assert.Contains(weights.Tensors, static tensor => tensor is { Name: "class_predictor.weight.fp16", Type: TensorType.F16 });
        Assert.Contains(weights.Tensors, static tensor => tensor is { Name: "class_predictor.weight", Type: TensorType.F32 });
    }

    /// <summary>What rounding would spoil reads no fp16; what a GPU gains from does.</summary>
    [Theory]
    [InlineData("decoder.fp16.onnx")]
    [InlineData("encoder-2.fp16.onnx")]
    [InlineData("stem.fp16.onnx")]
    public void Graph_Fp16_KeepsNormsSamplingSoftmaxAndMasksFull(string file)
    {
        var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Compile("mask2former_swin").PathOf(file))).Graph;

        Assert.All(graph.Input.Concat(graph.Output), static value => Assert.NotEqual(Half, value.Type.TensorType.ElemType));
        foreach (var node in graph.Node)
        {
            var reads = node.Input.Any(static input => input.EndsWith(".fp16", StringComparison.Ordinal));
            if (node.OpType is "LayerNormalization" or "InstanceNormalization" or "GridSample" or "Softmax" or "Sin" or "Resize" or "Where" || node.Name.StartsWith("exact/", StringComparison.Ordinal))
            {
                Assert.False(reads, node.Name);
            }
            else if (node.OpType is "Conv" or "Gemm" or "MatMul")
            {
                Assert.True(node.Input.Where(static input => input.Length > 0).All(static input => input.EndsWith(".fp16", StringComparison.Ordinal)), node.Name);
            }
        }
    }

    /// <summary>Beside fp16 graphs a CPU goes on with fp32.</summary>
    [Fact]
    public void Open_OnTheCpu_TakesFullPrecision()
    {
        using var sessions = ModelSessions.Open(Compile("mask2former_resnet"), ExecutionTarget.Cpu);

        Assert.Equal(GraphPrecisions.Fp32, sessions.Precision);
        Assert.All(sessions.Graphs, static graph => Assert.Equal(GraphPrecisions.Fp32, graph.Precision));
    }

    private ModelFolder Compile(string fixture)
    {
        var options = new CompileOptions
        {
            CheckpointFolder = Path.Combine(RepositoryPaths.Fixtures, fixture),
            OutputFolder = _folder[fixture],
            Precision = GraphPrecisions.Fp16,
        };
        ModelCompiler.Compile(options, null, CancellationToken.None);
        return ModelFolder.Open(_folder[fixture]);
    }
}
