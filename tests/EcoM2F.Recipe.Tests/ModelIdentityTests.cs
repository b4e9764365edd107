using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests;

public sealed class ModelIdentityTests
{
    private static readonly ModelManifest Model = ModelFolder.Open(RepositoryPaths.DefaultModel).Manifest;

    [Fact]
    public void Of_AnyModel_IsTwelveHexadecimalDigits() => Assert.Matches("^[0-9a-f]{12}$", ModelIdentity.Of(Model));

    [Fact]
    public void Of_OtherGatesNameOrCanary_StaysTheSame()
    {
        var other = Model with
        {
            Name = "other",
            Version = "9",
            Gates = null,
            Canary = "other.safetensors",
            Graphs = [.. Model.Graphs, new GraphEntry("stem", "fused", "fp32", "stem.fused.onnx")],
            Sha256 = With("gate-fast.onnx", "00"),
        };
        Assert.Equal(ModelIdentity.Of(Model), ModelIdentity.Of(other));
    }

    [Fact]
    public void Of_AnythingThatDecidesMasks_Differs()
    {
        ModelManifest[] others =
        [
            Model with { Sha256 = With("weights.bin", "00") },
            Model with { Sha256 = With("encoder-3.onnx", "00") },
            Model with { Preprocessing = Model.Preprocessing with { ShortestEdge = 352 } },
            Model with { Preprocessing = Model.Preprocessing with { Mean = [0.5f, 0.5f, 0.4f] } },
            Model with { Postprocessing = Model.Postprocessing with { ScoreThreshold = 0.55f } },
            Model with { Postprocessing = Model.Postprocessing with { ClassThresholds = new Dictionary<string, float> { ["sky"] = 0.55f } } },
            Model with { Postprocessing = Model.Postprocessing with { ClassThresholds = new Dictionary<string, float> { ["sky"] = 0.6f } } },
            Model with { Sha256 = With("adapters.bin", "00"), ExitAdapters = new ExitAdapterSet("adapters.bin", 12, new Dictionary<int, IReadOnlyList<double>>()) },
            Model with { Sha256 = With("adapters.bin", "01"), ExitAdapters = new ExitAdapterSet("adapters.bin", 12, new Dictionary<int, IReadOnlyList<double>>()) },
        ];
        Assert.Equal(others.Length + 1, others.Append(Model).Select(ModelIdentity.Of).Distinct().Count());
    }

    private static Dictionary<string, string> With(string file, string hash) => new(Model.Sha256) { [file] = hash };
}
