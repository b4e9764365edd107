using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class ConfidenceTests
{
    private const SegmentationTasks Maps = SegmentationTasks.Panoptic | SegmentationTasks.Semantic;

    private static readonly InputSize Input = new(96, 128);

    private static readonly QueryPredictions Predictions = TestResults.Predictions(12, 5, 24, 32);

    /// <summary>Of all pixels: the reference resizes twice and in double precision, so the middle between two bytes, and a winner, may fall otherwise.</summary>
    private const double EqualPixels = 0.999;

    [Theory]
    [InlineData("meta", 131, 97)]
    [InlineData("meta", 16, 16)]
    [InlineData("meta", 7, 300)]
    [InlineData("hf", 131, 97)]
    [InlineData("hf", 300, 7)]
    public void Run_EqualsWhatTheProcedureCompares(string procedure, int height, int width)
    {
        var geometry = new ImageGeometry(Input, height, width);
        var parameters = TestResults.Parameters(procedure, 5, Maps);
        var reference = new ScalarPostprocessing(Predictions, geometry, procedure == "meta");

        var sut = MaskPostprocessor.Run(Predictions, geometry, parameters with { Confidence = true }, TestContext.Current.CancellationToken);

        AssertNear(reference.PanopticConfidence(parameters), sut.Panoptic!.Confidence!);
        AssertNear(reference.SemanticConfidence(), sut.Semantic!.Confidence!);
        Assert.All(sut.Panoptic.Ids.Zip(sut.Panoptic.Confidence!), static pixel => Assert.True(pixel.First != 0 || pixel.Second == 0));
        Assert.Contains(sut.Panoptic.Confidence!, static value => value > 127);
    }

    /// <summary>Tiles that a single query fills are not computed otherwise.</summary>
    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Run_ChangesNoSegment(string procedure)
    {
        var geometry = new ImageGeometry(Input, 480, 640);
        var parameters = TestResults.Parameters(procedure, 5, Maps);
        var plain = MaskPostprocessor.Run(Predictions, geometry, parameters, TestContext.Current.CancellationToken);

        var sut = MaskPostprocessor.Run(Predictions, geometry, parameters with { Confidence = true }, TestContext.Current.CancellationToken);

        Assert.Equal(plain.Panoptic!.Segments, sut.Panoptic!.Segments);
        Assert.Equal(plain.Semantic!.Segments, sut.Semantic!.Segments);
        Assert.Equal((null, null), (plain.Panoptic.Confidence, plain.Semantic.Confidence));
    }

    [Fact]
    public void Run_ClassThatIsNotKept_IsVoidAndZero()
    {
        var parameters = TestResults.Parameters("meta", 5, Maps) with { Confidence = true };
        var geometry = new ImageGeometry(Input, 64, 64);
        var all = MaskPostprocessor.Run(Predictions, geometry, parameters, TestContext.Current.CancellationToken).Semantic!;
        var left = all.Segments[0].CategoryId;

        var sut = MaskPostprocessor.Run(Predictions, geometry, parameters with { KeptClasses = Enumerable.Range(0, 5).Except([left]).ToHashSet() }, TestContext.Current.CancellationToken).Semantic!;

        Assert.Contains(left, all.Labels);
        Assert.Equal(all.Confidence!.Zip(all.Labels, (value, label) => label == left ? 0 : (int)value), sut.Confidence!.Select(static value => (int)value));
    }

    [Fact]
    public void Run_NoQueryAboveTheThreshold_IsZero()
    {
        var parameters = TestResults.Parameters("meta", 5, SegmentationTasks.Panoptic) with { Confidence = true, ScoreThreshold = 1 };

        var sut = MaskPostprocessor.Run(Predictions, new ImageGeometry(Input, 5, 4), parameters, TestContext.Current.CancellationToken).Panoptic!;

        Assert.Equal(new byte[20], sut.Confidence);
    }

    /// <summary>What cleaning takes or gives no segment has won: it is 0. Other pixels are as before.</summary>
    [Theory]
    [InlineData("panoptic", 900, 0)]
    [InlineData("panoptic", 900, 2000)]
    [InlineData("semantic", 900, 0)]
    [InlineData("semantic", 900, 2000)]
    public void Postprocess_PixelsThatCleaningChanges_AreZero(string task, int minArea, int fillHoles)
    {
        using var output = Output();
        var parameters = TestResults.Parameters("meta", 5, task == "panoptic" ? SegmentationTasks.Panoptic : SegmentationTasks.Semantic) with { Confidence = true, OverlapThreshold = 0 };

        var (before, classes) = Map(output, parameters);
        var (after, cleaned) = Map(output, parameters with { MinArea = minArea, FillHoles = fillHoles });

        Assert.Contains(true, classes.Zip(cleaned, static (one, other) => one != other));
        Assert.Equal(
            before.Select((value, i) => classes[i] == cleaned[i] ? (int)value : 0),
            after.Select(static value => (int)value));
    }

    [Fact]
    public void Apply_VoidThatIsFilled_StaysZero()
    {
        byte[] confidence = [200, 201, 202, 203, 0, 204, 205, 206, 207];
        int[] ids = [1, 1, 1, 1, 0, 1, 1, 1, 1];
        using var map = new RunMap(3, 3);
        for (var y = 0; y < 3; y++)
        {
            map.AddRow(ids.AsSpan(3 * y, 3));
        }

        var geometry = new ImageGeometry(Input, 3, 3);
        var found = SegmentMaps.ToPanoptic(map, [0, 1], geometry, [(0, 0.9f)]) with { Confidence = [.. confidence] };

        var sut = MaskCleanup.Apply(new PostprocessingResult(found, null, null), geometry, TestResults.Parameters("meta", 5, SegmentationTasks.Panoptic) with { FillHoles = 1 }, TestContext.Current.CancellationToken).Panoptic!;

        Assert.Equal(9, Assert.Single(sut.Segments).Area);
        Assert.Equal(confidence, sut.Confidence);
    }

    /// <returns>Confidences, and the class of each pixel, -1 where it is void.</returns>
    private static (byte[] Confidence, int[] Classes) Map(ModelOutput output, PostprocessingParameters parameters)
    {
        var found = output.Postprocess(131, 97, parameters, TestContext.Current.CancellationToken);
        return found.Semantic is { } semantic
            ? (semantic.Confidence!, semantic.Labels)
            : (found.Panoptic!.Confidence!, Array.ConvertAll(found.Panoptic.Ids, id => id == 0 ? -1 : found.Panoptic.Segments[id - 1].CategoryId));
    }

    private static ModelOutput Output()
    {
        var decoder = DecoderOutputs.ForMasks(1, Predictions.Queries, Predictions.Classes + 1, Predictions.MaskHeight, Predictions.MaskWidth);
        Predictions.ClassLogits.CopyTo(decoder.ClassLogits);
        Predictions.MaskLogits.CopyTo(decoder.MaskLogits);
        return new ModelOutput(decoder, new ComputeDecision(new ComputePoint(128, Input, 1), ComputeReason.Default));
    }

    private static void AssertNear(double[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange((double)expected.Zip(actual).Count(static pair => Math.Abs((255 * pair.First) - pair.Second) < 0.51) / expected.Length, EqualPixels, 1);
    }
}
