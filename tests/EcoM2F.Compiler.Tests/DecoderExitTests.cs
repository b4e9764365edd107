using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests;

public sealed class DecoderExitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Compile_DecoderExits_AddsGraphsAndCostsAndNoWeights()
    {
        var whole = TinyModel.CompileTo(_folder["whole"]);
        var cut = TinyModel.CompileTo(_folder["cut"], decoderExits: "2,1");

        Assert.Equal([1, 2, 3], cut.DecoderExits!);
        Assert.Equal(["decoder-1.onnx", "decoder-2.onnx", "decoder-1.fused.onnx", "decoder-2.fused.onnx"], cut.Graphs.Select(static graph => graph.File).Except(whole.Graphs.Select(static graph => graph.File)));
        Assert.Equal(whole.Sha256[whole.Weights], cut.Sha256[cut.Weights]);
        Assert.All(whole.Graphs, graph => Assert.Equal(whole.Sha256[graph.File], cut.Sha256[graph.File]));
        foreach (var (before, cost) in whole.Costs.Zip(cut.Costs))
        {
            Assert.Equal((before.Stem, before.Layer, before.Decoder), (cost.Stem, cost.Layer, cost.Decoder));
            Assert.True(cost.DecoderAt(1) < cost.DecoderAt(2) && cost.DecoderAt(2) < cost.DecoderAt(3));
            Assert.Equal(before.At(2), cost.At(2, 3));
            Assert.Equal(cost.At(2) - cost.Decoder + cost.DecoderAt(1), cost.At(2, 1), 9);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void CutDecoder_IsTheDecoderOfACheckpointThatHasOnlyThoseLayers(int layers)
    {
        TinyModel.CompileTo(_folder["cut"], gates: false, decoderExits: "1,2");
        WriteShorter(layers);
        ModelCompiler.Compile(new CompileOptions { CheckpointFolder = _folder["checkpoint"], OutputFolder = _folder["short"] }, null, TestContext.Current.CancellationToken);
        using var cut = new ModelRunner(_folder["cut"]);
        using var shorter = new ModelRunner(_folder["short"]);
        var pixels = NamedTensor.Random(new Random(5), 1f, 1, 3, 64, 96);
        var (stem, other) = (cut.Stem(pixels), shorter.Stem(pixels));

        var actual = cut.CutDecoder(layers, cut.Encoder(2, stem), stem);
        var expected = shorter.Decoder(shorter.Encoder(2, other), other);

        Assert.Equal(expected[GraphTensors.ClassQueriesLogits].Floats, actual[GraphTensors.ClassQueriesLogits].Floats);
        Assert.Equal(expected[GraphTensors.MasksQueriesLogits].Floats, actual[GraphTensors.MasksQueriesLogits].Floats);
        Assert.NotEqual(cut.Decoder(cut.Encoder(2, stem), stem)[GraphTensors.MasksQueriesLogits].Floats, actual[GraphTensors.MasksQueriesLogits].Floats);
    }

    [Fact]
    public void Canary_CutDecoders_AreInItAndFindAWrongGraph()
    {
        var model = TinyModel.CompileTo(_folder["cut"], decoderExits: "1");
        using (var canary = SafetensorsFile.Open(Path.Combine(_folder["cut"], model.Canary)))
        {
            Assert.Contains(canary.Tensors, static tensor => tensor.Name == "case0.exit.3.decoder.1.class_queries_logits");
            Assert.Contains(canary.Tensors, static tensor => tensor.Name == "case0.exit.3.decoder.1.masks_queries_logits");
        }

        Assert.Empty(Verify().Failures);
        File.Copy(Path.Combine(_folder["cut"], "decoder.fused.onnx"), Path.Combine(_folder["cut"], "decoder-1.fused.onnx"), overwrite: true);
        Assert.Contains(Verify().Failures, static failure => failure.Contains("decoder.1", StringComparison.Ordinal));

        VerificationReport Verify()
        {
            using var sessions = ModelSessions.Open(ModelFolder.Open(_folder["cut"]), ExecutionTarget.Cpu);
            return ModelVerifier.VerifyCanary(sessions, ModelFolder.Open(_folder["cut"]), ModelVerifier.DefaultTolerance, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Sizes_ModelWithDecoderExits_KeepsTheirCosts()
    {
        var before = TinyModel.CompileTo(_folder["cut"], gates: false, decoderExits: "1");
        var after = SizesInstaller.Install(_folder["cut"], SizedModel.List, null, false, null, TestContext.Current.CancellationToken).Manifest;

        Assert.All(after.Costs, static cost => Assert.InRange(cost.DecoderExits![1], 1e-9, cost.Decoder));
        Assert.Equal(before.Costs[0].DecoderExits, after.Costs[0].DecoderExits);
    }

    [Fact]
    public void Compile_WholeDecoderAlone_HasNoExits()
    {
        var model = TinyModel.CompileTo(_folder["whole"], decoderExits: "3");

        Assert.Null(model.DecoderExits);
        Assert.DoesNotContain("decoder_exits", model.ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "'0'")]
    [InlineData("1,4", "'4'")]
    [InlineData("1;2", "'1;2'")]
    [InlineData("", "''")]
    [InlineData("1,", "''")]
    public void Compile_WrongList_NamesTheWordAndTheRange(string list, string named)
    {
        var error = Assert.Throws<CompileException>(() => TinyModel.CompileTo(_folder["cut"], decoderExits: list));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("from 1 to 3", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["cut"]));
    }

    [Fact]
    public void Compile_Detector_HasNoDecoderExits()
    {
        var options = new CompileOptions { CheckpointFolder = Path.Combine(RepositoryPaths.Fixtures, DetectorCheckpoint.Detr), OutputFolder = _folder["cut"], DecoderExits = "1" };
        var error = Assert.Throws<CompileException>(() => ModelCompiler.Compile(options, null, TestContext.Current.CancellationToken));

        Assert.Contains("Mask2Former", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The same weights without the decoder's last layers, and a configuration that says so.</summary>
    private void WriteShorter(int layers)
    {
        TinyCheckpoint.Write(_folder["checkpoint"], gates: false);
        var config = Path.Combine(_folder["checkpoint"], "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"decoder_layers\": 4", $"\"decoder_layers\": {layers + 1}", StringComparison.Ordinal));
        var path = Path.Combine(_folder["checkpoint"], SafetensorsCheckpoint.FileName);
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Tensors.Where(tensor => !Enumerable.Range(layers, 3 - layers).Any(layer => tensor.Name.Contains($"transformer_module.decoder.layers.{layer}.", StringComparison.Ordinal))))
            {
                writer.Add(tensor.Name, tensor.Type, file.Bytes(tensor.Name).ToArray(), [.. tensor.Shape]);
            }
        }

        writer.Write(path);
    }
}
