using System.Security.Cryptography;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Models;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-folder").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void VerifyHashes_ChangedByte_NamesFile()
    {
        Write(TestManifest.Create());
        var sut = ModelFolder.Open(_folder);
        sut.VerifyHashes(TestContext.Current.CancellationToken);
        File.AppendAllText(Path.Combine(_folder, "decoder.onnx"), "x");

        var error = Assert.Throws<ModelLoadException>(() => sut.VerifyHashes(TestContext.Current.CancellationToken));

        Assert.Contains("decoder.onnx", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../weights.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("a\\b")]
    public void Open_FileOutsideTheFolder_IsRefused(string name)
    {
        Write(TestManifest.Create(), replaceWeights: name);

        Assert.Contains("plain file name", Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Link_IsRefused()
    {
        Write(TestManifest.Create());
        var file = Path.Combine(_folder, "stem.onnx");
        File.Move(file, file + ".real");
        File.CreateSymbolicLink(file, file + ".real");

        Assert.Contains("is a link", Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("not json")]
    public void Open_BrokenManifest_NamesFile(string json)
    {
        File.WriteAllText(Path.Combine(_folder, ModelManifest.FileName), json);

        Assert.Contains(ModelManifest.FileName, Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoManifest_SaysSo() =>
        Assert.Contains("model.json", Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_WrongRules_NamesKey()
    {
        Write(TestManifest.Create() with { Schema = 2 });
        Assert.Contains("schema", Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);

        Write(TestManifest.Create() with { Exits = [2, 1] });
        Assert.Contains("exits", Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("meta", null, "detection", "postprocessing.procedure")]
    [InlineData("detr", null, "detection,panoptic", "tasks")]
    [InlineData("detr", 0.5f, "detection", "mask_threshold and .overlap_threshold")]
    [InlineData("detr", null, "panoptic", "postprocessing.procedure")]
    [InlineData("meta", null, "panoptic", "mask_threshold")]
    [InlineData("hf", 2f, "panoptic", "mask_threshold")]
    public void Open_PostprocessingOfAnotherTask_NamesKey(string procedure, float? threshold, string tasks, string named)
    {
        Write(TestManifest.Create() with { Tasks = tasks.Split(','), Postprocessing = new PostprocessingSettings(procedure, 0.5f, threshold, threshold) });

        Assert.Contains(named, Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("person", 1.5f, "postprocessing.class_thresholds.person is 1.5; it must be from 0 to 1")]
    [InlineData("person", -0.1f, "postprocessing.class_thresholds.person is -0.1; it must be from 0 to 1")]
    [InlineData("Person", 0.5f, "postprocessing.class_thresholds has 'Person', which no class is called")]
    public void Open_WrongClassThreshold_NamesItAndTheRange(string name, float threshold, string named)
    {
        var model = TestManifest.Create();
        Write(model with { Postprocessing = model.Postprocessing with { ClassThresholds = new Dictionary<string, float> { [name] = threshold } } });

        Assert.Contains(named, Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ClassThresholdsOfADetector_AreRefused()
    {
        Write(TestManifest.Create() with { Tasks = ["detection"], Postprocessing = new PostprocessingSettings("detr", 0.5f) { ClassThresholds = new Dictionary<string, float> { ["person"] = 0.5f } } });

        Assert.Contains("postprocessing.class_thresholds", Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ClassThresholds_AreRead()
    {
        var model = TestManifest.Create();
        Write(model with { Postprocessing = model.Postprocessing with { ClassThresholds = new Dictionary<string, float> { ["person"] = 0.65f } } });

        Assert.Equal(0.65f, ModelFolder.Open(_folder).Manifest.Postprocessing.ClassThresholds!["person"]);
        Assert.Contains("\"person\": 0.65", File.ReadAllText(Path.Combine(_folder, ModelManifest.FileName)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("detr")]
    [InlineData("deformable_detr")]
    public void Open_Detector_IsAccepted(string procedure)
    {
        Write(TestManifest.Create() with { Tasks = ["detection"], Postprocessing = new PostprocessingSettings(procedure, 0.5f) });

        Assert.Equal(new PostprocessingSettings(procedure, 0.5f), ModelFolder.Open(_folder).Manifest.Postprocessing);
    }

    public static TheoryData<string, string, string, int?, string> WrongGraphs => new()
    {
        { "encoder", "quick", "fp32", 1, "graphs[9].flavour is 'quick'; allowed are portable, fused" },
        { "encoder", "fused", "fp8", 1, "graphs[9].precision is 'fp8'; allowed are fp32, fp16, bf16, int8" },
        { "encoder", "fused", "fp32", 7, "graphs[9].exit is 7; an encoder has one of 1, 2, 3, 4, 5, 6" },
        { "encoder", "fused", "fp32", null, "graphs[9].exit is absent" },
        { "stem", "fused", "fp32", 1, "graphs[9].exit is 1" },
        { "stem", "portable", "fp32", null, "is a second portable fp32 graph of stage stem" },
    };

    [Theory]
    [MemberData(nameof(WrongGraphs))]
    public void Open_WrongGraphEntry_NamesKeyAndWhatIsAllowed(string stage, string flavour, string precision, int? exit, string message)
    {
        var manifest = TestManifest.Create();
        Write(manifest with { Graphs = [.. manifest.Graphs, new GraphEntry(stage, flavour, precision, "stem.onnx", exit)] });

        Assert.Contains(message, Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<ModelSize[], string> WrongSizes => new()
    {
        { [], "sizes is empty" },
        { [new(256, 384)], "sizes lacks the model's own size, 320:448" },
        { [new(320, 448), new(256, 384)], "sizes must be ascending" },
        { [new(320, 448), new(320, 448)], "sizes must be ascending" },
        { [new(257, 384), new(260, 384), new(320, 448)], "both 288 pixels" },
        { [new(16, 384), new(320, 448)], "sizes holds 16:384" },
        { [new(256, 200), new(320, 448)], "sizes holds 256:200" },
        { [new(320, 448), new(384, 9000)], "sizes holds 384:9000" },
        { [new(320, 512)], "sizes lacks the model's own size" },
    };

    [Theory]
    [MemberData(nameof(WrongSizes))]
    public void Open_WrongSizes_SaysWhatIsAllowed(ModelSize[] sizes, string message)
    {
        Write(TestManifest.Create() with { Sizes = sizes });

        Assert.Contains(message, Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SizesOfAFixedInput_AreRefused()
    {
        var manifest = TestManifest.Create();
        Write(manifest with { Sizes = [new(320, 448)], Preprocessing = manifest.Preprocessing with { ShortestEdge = null, LongestEdge = null, Height = 320, Width = 448 } });

        Assert.Contains("shortest_edge", Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<GatePoint[]?, GateGuard?, string?> GatePoints => new()
    {
        { [new(256, 1), new(320, 6)], null, null },
        { [new(256, 1), new(320, 6)], new GateGuard(0.5, new GatePoint(256, 1)), null },
        { null, new GateGuard(0.5, new GatePoint(320, 6)), null },
        { [], null, "points must hold points" },
        { [new(256, 1), new(256, 1)], null, "none of them twice" },
        { [new(192, 1)], null, "of the sizes 256, 320" },
        { [new(256, 7)], null, "the depths 1, 2, 3, 4, 5, 6" },
        { [new(256, 1)], new GateGuard(0, new GatePoint(256, 1)), "guard.max_leverage" },
        { [new(256, 1)], new GateGuard(0.5, new GatePoint(320, 1)), "guard.fallback" },
        { null, new GateGuard(0.5, new GatePoint(256, 1)), "guard.fallback" },
    };

    [Theory]
    [MemberData(nameof(GatePoints))]
    public void Open_PointsOfAGate_AreThoseOfTheModel(GatePoint[]? points, GateGuard? guard, string? message)
    {
        var manifest = TestManifest.Create();
        var profiles = manifest.Gates!.Profiles.ToDictionary();
        profiles["fast"] = profiles["fast"] with { Points = points, Guard = guard };
        Write(manifest with { Sizes = [new(256, 384), new(320, 448)], Gates = manifest.Gates with { Profiles = profiles } });

        if (message is null)
        {
            var gate = ModelFolder.Open(_folder).Manifest.Gates!.Profiles["fast"];
            Assert.Equal(points, gate.Points);
            Assert.Equal(guard, gate.Guard);
        }
        else
        {
            var error = Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder));
            Assert.Contains("gates.profiles.fast.", error.Message, StringComparison.Ordinal);
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_FurtherStagesAndPrecisions_AreLeftToWhoKnowsThem()
    {
        var manifest = TestManifest.Create();
        Write(manifest with
        {
            Graphs = [.. manifest.Graphs, new GraphEntry("tracker", "portable", "fp32", "stem.onnx"), new GraphEntry("encoder", "portable", "bf16", "stem.onnx", 1)],
        });

        Assert.Equal(11, ModelFolder.Open(_folder).Manifest.Graphs.Count);
    }

    [Fact]
    public void Open_ExitWithoutGraph_NamesIt()
    {
        var manifest = TestManifest.Create();
        Write(manifest with { Graphs = [.. manifest.Graphs.Where(static graph => graph.Exit != 4)] });

        var error = Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder));
        Assert.All((string[])["graphs", "fp32", "stage encoder, exit 4"], fragment => Assert.Contains(fragment, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("weights.bin", 6, 2, "exit_adapters.relative_error has exit 6; allowed are 1, 2, 3, 4, 5")]
    [InlineData("weights.bin", 1, 1, "exit_adapters.relative_error of exit 1 must be two numbers")]
    [InlineData("other.bin", 1, 2, "sha256 has no entry for other.bin of exit_adapters")]
    public void Open_WrongAdapters_NamesKeyAndWhatIsAllowed(string file, int exit, int numbers, string message)
    {
        Write(TestManifest.Create() with { ExitAdapters = new ExitAdapterSet(file, 12, new Dictionary<int, IReadOnlyList<double>> { [exit] = new double[numbers] }) });

        Assert.Contains(message, Assert.Throws<ModelLoadException>(() => ModelFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToJson_ThenParse_KeepsEverything()
    {
        var manifest = TestManifest.Create();

        var copy = ModelManifest.Parse(System.Text.Encoding.UTF8.GetBytes(manifest.ToJson()));

        Assert.Equal(manifest.ToJson(), copy.ToJson());
        Assert.Contains("\"score_threshold\"", manifest.ToJson(), StringComparison.Ordinal);
    }

    private void Write(ModelManifest manifest, string? replaceWeights = null)
    {
        var hashes = new Dictionary<string, string>();
        foreach (var name in manifest.Sha256.Keys)
        {
            var content = System.Text.Encoding.UTF8.GetBytes(name);
            File.WriteAllBytes(Path.Combine(_folder, name), content);
            hashes.Add(name, Convert.ToHexStringLower(SHA256.HashData(content)));
        }

        if (replaceWeights is not null)
        {
            hashes.Add(replaceWeights, new string('0', 64));
            manifest = manifest with { Weights = replaceWeights };
        }

        File.WriteAllText(Path.Combine(_folder, ModelManifest.FileName), (manifest with { Sha256 = hashes }).ToJson());
    }
}
