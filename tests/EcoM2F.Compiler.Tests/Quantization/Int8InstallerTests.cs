using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Quantization;

public sealed class Int8InstallerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelManifest _compiled;

    public Int8InstallerTests() => _compiled = TinyModel.CompileTo(Model, decoderExits: "1");

    private string Model => _folder["tiny"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Install_EveryLayer_TheModelIsWholeAndFp32AsItWas()
    {
        var installed = TinyInt8.AddTo(Model);

        Assert.Equal(_compiled.Graphs, installed.Graphs.Where(static graph => graph.Precision == GraphPrecisions.Fp32));
        Assert.All(_compiled.Sha256, file => Assert.Equal(file.Value, installed.Sha256[file.Key]));
        Assert.Equal([GraphPrecisions.Fp32, GraphPrecisions.EightBits], installed.RunnablePrecisions);
        ModelFolder.Open(Model).VerifyHashes(Token);
        Assert.Empty(Verify(GraphPrecisions.Fp32).Failures);
        var report = Verify(GraphPrecisions.EightBits);
        Assert.Empty(report.Failures);
        Assert.DoesNotContain(report.MaxAbs.Keys, static name => name.Contains("gate", StringComparison.Ordinal)); // of fp32, by a feature that is compared
        Assert.InRange(report.MaxAbs["case0.exit.3.encoder"], 1e-4, 4); // 0 would be fp32 in disguise
        Assert.Equal(Files(installed), Directory.EnumerateFiles(Model).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Install_GraphsOfOneStage_ShareOneCopyOfTheWeights()
    {
        var installed = TinyInt8.AddTo(Model);
        var record = installed.Precisions![GraphPrecisions.EightBits];
        using var weights = SafetensorsFile.Open(Path.Combine(Model, record.Weights));
        var locations = installed.Graphs.Where(static graph => graph.Precision == GraphPrecisions.EightBits && graph.Stage.StartsWith(GraphStages.Encoder, StringComparison.Ordinal))
            .SelectMany(graph => GraphFile.Read(Path.Combine(Model, graph.File)).Graph.Initializer)
            .Where(static tensor => tensor.Name.EndsWith(".int8", StringComparison.Ordinal)).ToList();

        Assert.True(locations.Count > locations.DistinctBy(static tensor => tensor.Name).Count());
        Assert.All(locations, tensor => Assert.Equal(record.Weights, tensor.ExternalData.Single(static entry => entry.Key == "location").Value));
        Assert.All(locations, tensor => Assert.Equal(weights[tensor.Name].Offset.ToString(System.Globalization.CultureInfo.InvariantCulture), tensor.ExternalData.Single(static entry => entry.Key == "offset").Value));
    }

    /// <summary>Heads and masks decide by thresholds; they are never on 8 bits.</summary>
    [Fact]
    public void Install_HeadsAndMasks_StayFp32()
    {
        using var draft = TinyInt8.Calibrate(Model);
        string[] exact = ["class_predictor", "mask_embedder", "mask_projection"];

        Assert.DoesNotContain(draft.Layers, layer => exact.Any(part => layer.Weight.Contains(part, StringComparison.Ordinal)));
        Assert.Equal(
            ["backbone convolutions", "encoder projections", "encoder sampling", "encoder feed-forward", "decoder convolutions", "decoder products"],
            draft.Layers.Select(static layer => layer.Group).Distinct());
    }

    /// <summary>A kernel that is wrong gives what wrong weights give: the canary must not pass for either.</summary>
    [Theory]
    [InlineData("encoder.layers.0.fc1.weight.int8")]
    [InlineData("encoder.layers.2.self_attn.value_proj.weight.int8")]
    public void VerifyCanary_WrongProduct_Fails(string tensor)
    {
        var record = TinyInt8.AddTo(Model).Precisions![GraphPrecisions.EightBits];
        var path = Path.Combine(Model, record.Weights);
        Saturate(path, tensor);

        Assert.False(Verify(GraphPrecisions.EightBits).Passed);
    }

    /// <summary>Files of the manifest before stay for who read it; those of the one before that do not.</summary>
    [Fact]
    public void Install_Again_ReplacesGraphsAndInTheEndTheirFiles()
    {
        var first = TinyInt8.AddTo(Model);
        using (var draft = TinyInt8.Calibrate(Model))
        {
            var installed = Int8Installer.Install(draft, [.. draft.Layers.Where(static layer => layer.Group == "encoder feed-forward")], null, [], Token);
            Assert.All(installed.Graphs.Where(static graph => graph.Precision == GraphPrecisions.EightBits), static graph => Assert.StartsWith(GraphStages.Encoder, graph.Stage, StringComparison.Ordinal));
            Assert.Equal(Files(installed).Union(Files(first)).Order(StringComparer.Ordinal), Directory.EnumerateFiles(Model).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
            Assert.Empty(Verify(GraphPrecisions.EightBits).Failures); // stem and decoder of fp32

            Int8Installer.Install(draft, [.. draft.Layers.Where(static layer => layer.Group == "encoder feed-forward")], null, [], Token);
        }

        Assert.DoesNotContain(Directory.EnumerateFiles(Model), static path => Path.GetFileName(path).StartsWith("stem-", StringComparison.Ordinal));
    }

    [Fact]
    public void Install_Copy_LeavesTheModelAlone()
    {
        using var draft = TinyInt8.Calibrate(Model);
        var copy = Int8Installer.Install(draft, [.. draft.Layers], _folder["copy"], [], Token);

        Assert.Equal("copy", copy.Name);
        Assert.Null(ModelFolder.Open(Model).Manifest.Precisions);
        ModelFolder.Open(_folder["copy"]).VerifyHashes(Token);
        Assert.Throws<CompileException>(() => Int8Installer.Install(draft, [.. draft.Layers], _folder["copy"], [], Token));
    }

    [Fact]
    public void Install_ModelChangedMeanwhile_IsRefused()
    {
        using var draft = TinyInt8.Calibrate(Model);
        TinyModel.CompileTo(Model, seed: 2, decoderExits: "1");
        var before = File.ReadAllText(Path.Combine(Model, ModelManifest.FileName));

        var error = Assert.Throws<CompileException>(() => Int8Installer.Install(draft, [.. draft.Layers], null, [], Token));

        Assert.Contains("changed", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(Model, ModelManifest.FileName)));
    }

    /// <summary>They were measured on exits without adapters.</summary>
    [Fact]
    public void Install_AdaptersAfterwards_RemoveInt8Graphs()
    {
        TinyInt8.AddTo(Model);
        var adapted = AdapterInstaller.Install(Model, TestAdapters.Installation(null, TestAdapters.Random(1, 3, TinyCheckpoint.Width)), Token);

        Assert.Null(adapted.Precisions);
        Assert.Equal([GraphPrecisions.Fp32], adapted.RunnablePrecisions);
        Assert.Empty(Verify(GraphPrecisions.Fp32).Failures);
    }

    [Theory]
    [InlineData(DetectorCheckpoint.Detr)]
    [InlineData(DetectorCheckpoint.DeformableDetr)]
    public void Install_Detector_PassesItsCanary(string fixture)
    {
        TinyDetector.CompileTo(_folder["detector"], fixture);
        TinyInt8.AddTo(_folder["detector"]);

        var folder = ModelFolder.Open(_folder["detector"]);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, precision: GraphPrecisions.EightBits);
        Assert.Empty(ModelVerifier.VerifyCanary(sessions, folder, null, Token).Failures);
    }

    private static IEnumerable<string> Files(ModelManifest model) => model.Sha256.Keys.Append(ModelManifest.FileName).Order(StringComparer.Ordinal);

    /// <summary>Cuts off what is large, as a sum of two products does that no longer fits.</summary>
    private static void Saturate(string path, string suffix)
    {
        byte[] bytes;
        TensorEntry entry;
        using (var file = SafetensorsFile.Open(path))
        {
            entry = file.Tensors.Single(tensor => tensor.Name.EndsWith(suffix, StringComparison.Ordinal));
            bytes = File.ReadAllBytes(path);
        }

        for (var i = entry.Offset; i < entry.Offset + entry.Length; i++)
        {
            bytes[i] = (byte)(sbyte)Math.Clamp((sbyte)bytes[i], (sbyte)-8, (sbyte)8);
        }

        File.WriteAllBytes(path, bytes);
    }

    private VerificationReport Verify(string precision)
    {
        var folder = ModelFolder.Open(Model);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, precision: precision);
        return ModelVerifier.VerifyCanary(sessions, folder, null, Token);
    }
}
