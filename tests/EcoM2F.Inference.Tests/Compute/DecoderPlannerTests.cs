using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Compute;

/// <summary>The choice of the decoder's depth with that of the encoder, for one square image: encoder depth k costs 3 + 2k, and the decoder 1, 2 or 3 more after 3, 6 or 9 layers.</summary>
public sealed class DecoderPlannerTests
{
    private static readonly GatePoint[] Points = [new(320, 1, 3), new(320, 1, 9), new(320, 6, 3), new(320, 6, 9)];

    private static readonly ModelManifest Model = TestManifest.Create() with
    {
        DecoderExits = [3, 6, 9],
        Costs = [new(320, 320, 3, 2, 3) { DecoderExits = new Dictionary<int, double> { [3] = 1, [6] = 2 } }],
        Gates = new GateSet("balanced", new Dictionary<string, GateProfile>
        {
            ["balanced"] = new(GateProfile.Classifier, "gate-balanced.onnx", 0.3, Points),
            ["exits"] = new(GateProfile.Classifier, "gate-exits.onnx", 0.3),
        }),
    };

    [Theory]
    [InlineData("", 6, 3, ComputeReason.Gate)]
    [InlineData("decoder-depth=9", 1, 9, ComputeReason.Forced)] // by score among 1/9 and 6/9
    [InlineData("decoder-depth=6", 6, 6, ComputeReason.Forced)] // the gate has no such point
    [InlineData("depth=4", 4, 9, ComputeReason.Forced)]
    [InlineData("depth=4, decoder-depth=3", 4, 3, ComputeReason.Forced)]
    [InlineData("max-depth=3", 1, 9, ComputeReason.MaxDepth)]
    [InlineData("max-gmacs=6.5", 1, 3, ComputeReason.MaxGmacs)]
    [InlineData("decoder-depth=3, max-depth=2", 1, 3, ComputeReason.MaxDepth)]
    public void Choose_GateOverDecoderDepths_KeepsTheBudget(string budget, int depth, int decoder, ComputeReason reason) =>
        Assert.Equal((depth, decoder, reason), Decide(budget, [0, 2, 3, 1], Model));

    [Theory]
    [InlineData("profile=exits", 2, 9, ComputeReason.Gate)]
    [InlineData("profile=exits, max-gmacs=5.5", 0, 0, null)]
    [InlineData("profile=exits, max-gmacs=6.9", 1, 3, ComputeReason.MaxGmacs)] // nothing that the gate covers fits
    public void Choose_GateOverExits_TakesTheWholeDecoder(string budget, int depth, int decoder, ComputeReason? reason)
    {
        if (reason is { } expected)
        {
            Assert.Equal((depth, decoder, expected), Decide(budget, [0, 9, 0, 0, 0, 0], Model));
        }
        else
        {
            Assert.Contains("smallest possible value is 6.", Assert.Throws<SegmentationException>(() => Decide(budget, [], Model)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", 6, 9, ComputeReason.Default)]
    [InlineData("decoder-depth=3", 6, 3, ComputeReason.Forced)]
    [InlineData("max-gmacs=17.5", 6, 6, ComputeReason.MaxGmacs)]
    public void Choose_NoGate_TakesTheHighestCost(string budget, int depth, int decoder, ComputeReason reason) =>
        Assert.Equal((depth, decoder, reason), Decide(budget, [], Model with { Gates = null }));

    [Theory]
    [InlineData("decoder-depth=4", "3, 6, 9")]
    [InlineData("profile=balanced, decoder-depth=6", "decoder-depth 6")]
    public void ModelBudget_DecoderDepthThatIsNone_NamesWhatThereIs(string text, string named)
    {
        var error = Assert.Throws<SegmentationException>(() => ModelBudget.For(ComputeBudgetParser.Parse(text), Model));

        Assert.Equal(SegmentationError.BadBudget, error.Error);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 320, "decoder_exits")]
    [InlineData(1, 320, "decoder depths 3, 6, 9")]
    [InlineData(2, 320, "stage decoder, exit 6")]
    [InlineData(3, 320, "costs needs decoder_exits")]
    public void Open_ManifestThatBreaksARule_NamesIt(int fault, int size, string named)
    {
        using var folder = new TemporaryFolder();
        GraphEntry[] graphs = [.. Model.Graphs, Cut(3), .. fault == 2 ? Array.Empty<GraphEntry>() : [Cut(6)]];
        var model = Model with
        {
            Graphs = graphs,
            DecoderExits = fault == 0 ? [9, 3] : [3, 6, 9],
            Costs = fault == 3 ? [new(320, 320, 3, 2, 3)] : Model.Costs,
            Gates = fault == 1 ? new GateSet("one", new Dictionary<string, GateProfile> { ["one"] = new(GateProfile.Classifier, "gate-balanced.onnx", 0.3, [new(size, 1)]) })
                : new GateSet("balanced", new Dictionary<string, GateProfile> { ["balanced"] = Model.Gates!.Profiles["balanced"] }),
            Sha256 = graphs.Select(static graph => graph.File).Concat(["weights.bin", "gate-balanced.onnx", "canary.safetensors"]).ToDictionary(static file => file, static _ => new string('0', 64)),
        };
        File.WriteAllText(folder[ModelManifest.FileName], model.ToJson());

        Assert.Contains(named, Assert.Throws<ModelLoadException>(() => ModelFolder.Open(folder.Path)).Message, StringComparison.Ordinal);

        static GraphEntry Cut(int exit) => new("decoder", "portable", "fp32", $"decoder-{exit}.onnx", exit);
    }

    [Fact]
    public void Costs_InputThatIsNotListed_InterpolatesTheCutDecoderToo()
    {
        var costs = new CostTable([Cost(100, 1), Cost(300, 9)]);

        Assert.Equal(5 * 0.25, costs.At(new InputSize(100, 500)).DecoderAt(3), 9); // half way in pixels
        Assert.Equal(5, costs.At(new InputSize(100, 500)).DecoderAt(9), 9);

        static ModelCost Cost(int edge, double decoder) => new(edge, edge, 1, 1, decoder) { DecoderExits = new Dictionary<int, double> { [3] = decoder / 4 } };
    }

    private static (int Depth, int Decoder, ComputeReason Reason) Decide(string budget, float[] scores, ModelManifest model)
    {
        var planner = new ComputePlanner(model, new CostTable(model.Costs), new BudgetOptions());
        var allowed = planner.Allow(ModelBudget.For(ComputeBudgetParser.Parse(budget), model), ImageInputs.For(model, 1000, 1000), RemainingTime.Unlimited);
        var decision = planner.Choose(allowed, scores, RemainingTime.Unlimited);
        return (decision.Point.Depth, decision.Point.DecoderDepth!.Value, decision.Reason);
    }
}
