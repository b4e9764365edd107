using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Tests.Plain;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class MaskSizeTests
{
    private const SegmentationTasks AllTasks = SegmentationTasks.Panoptic | SegmentationTasks.Instance | SegmentationTasks.Semantic;

    private static readonly InputSize Input = new(96, 128);

    private static readonly MaskGrid Logits = new(24, 32);

    [Theory]
    [InlineData(480, 640, 64, 48, 64)]
    [InlineData(640, 480, 64, 64, 48)]
    [InlineData(333, 500, 100, 67, 100)] // 66.6
    [InlineData(101, 202, 101, 51, 101)] // 50.5
    [InlineData(1, 1000, 16, 1, 16)]
    [InlineData(480, 640, 640, 480, 640)]
    [InlineData(480, 640, 641, 480, 640)]
    [InlineData(3, 5, 16, 3, 5)]
    public void LongestEdge_KeepsProportionsAndNeverEnlarges(int height, int width, int edge, int expectedHeight, int expectedWidth) =>
        Assert.Equal(new MaskGrid(expectedHeight, expectedWidth), MaskSize.LongestEdge(edge).Of(new MaskGrid(height, width), Logits));

    [Theory]
    [InlineData(480, 640, 24, 32)]
    [InlineData(24, 32, 24, 32)]
    [InlineData(23, 640, 23, 640)]
    [InlineData(480, 31, 480, 31)]
    public void Model_IsThatOfTheLogitsWhereTheImageIsNotSmaller(int height, int width, int expectedHeight, int expectedWidth) =>
        Assert.Equal(new MaskGrid(expectedHeight, expectedWidth), MaskSize.Model.Of(new MaskGrid(height, width), Logits));

    [Fact]
    public void LongestEdge_BelowTheLeast_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => MaskSize.LongestEdge(MaskSize.LeastEdge - 1));

    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Postprocess_Original_IsTheProcedureAtTheImagesSize(string procedure) =>
        AssertEqualsPlain(procedure, MaskSize.Original, new MaskGrid(131, 97), expected: null);

    /// <summary>The whole procedure, run for an image of that size.</summary>
    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Postprocess_LongestEdge_IsTheProcedureAtThatSize(string procedure)
    {
        AssertEqualsPlain(procedure, MaskSize.LongestEdge(57), new MaskGrid(57, 42), new MaskGrid(57, 42));
        AssertEqualsPlain(procedure, MaskSize.LongestEdge(1000), new MaskGrid(131, 97), expected: null);
    }

    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Postprocess_Model_IsTheProcedureAtTheSizeOfTheLogits(string procedure) => AssertEqualsPlain(procedure, MaskSize.Model, Logits, Logits);

    [Fact]
    public void Postprocess_MinArea_CountsPixelsOfThatSize()
    {
        using var output = Output(TestResults.Predictions(12, 5, Logits.Height, Logits.Width));
        var parameters = TestResults.Parameters("meta", 5, SegmentationTasks.Semantic) with { MaskSize = MaskSize.LongestEdge(57) };
        var all = Postprocess(output, parameters).Semantic!.Segments;
        var largest = all.Max(static segment => segment.Area);

        var left = Postprocess(output, parameters with { MinArea = largest + 1 }).Semantic!;

        Assert.NotEmpty(all);
        Assert.Empty(left.Segments);
        Assert.Equal((57, 42), (left.Height, left.Width));
    }

    /// <param name="grid">At which the plain procedure runs.</param>
    /// <param name="expected">What the result says.</param>
    private static void AssertEqualsPlain(string procedure, MaskSize size, MaskGrid grid, MaskGrid? expected)
    {
        var predictions = TestResults.Predictions(12, 5, Logits.Height, Logits.Width);
        using var output = Output(predictions);
        var parameters = TestResults.Parameters(procedure, 5, AllTasks);
        var plain = PlainMaskPostprocessor.Run(predictions, new ImageGeometry(Input, grid.Height, grid.Width), parameters, TestContext.Current.CancellationToken);

        var sut = Postprocess(output, parameters with { MaskSize = size });

        Assert.Equal(expected, sut.MaskSize);
        Assert.NotEmpty(plain.Panoptic!.Segments);
        Assert.NotEmpty(plain.Instances!);
        Assert.Equal(plain.Panoptic.Ids, sut.Panoptic!.Ids);
        Assert.Equal(plain.Panoptic.Segments, sut.Panoptic.Segments);
        Assert.Equal(plain.Instances, sut.Instances);
        Assert.Equal(plain.Semantic!.Labels, sut.Semantic!.Labels);
        Assert.All(sut.Instances!, instance => Assert.Equal(grid, new MaskGrid(instance.Mask.Height, instance.Mask.Width)));
    }

    private static PostprocessingResult Postprocess(ModelOutput output, PostprocessingParameters parameters) =>
        output.Postprocess(131, 97, parameters, TestContext.Current.CancellationToken);

    private static ModelOutput Output(QueryPredictions predictions)
    {
        var decoder = DecoderOutputs.ForMasks(1, predictions.Queries, predictions.Classes + 1, predictions.MaskHeight, predictions.MaskWidth);
        predictions.ClassLogits.CopyTo(decoder.ClassLogits);
        predictions.MaskLogits.CopyTo(decoder.MaskLogits);
        return new ModelOutput(decoder, new ComputeDecision(new ComputePoint(128, Input, 1), ComputeReason.Default));
    }
}
