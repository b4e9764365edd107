using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class MaskPostprocessorTests
{
    private const SegmentationTasks AllTasks = SegmentationTasks.Panoptic | SegmentationTasks.Instance | SegmentationTasks.Semantic;

    /// <summary>Of all pixels: the scalar reference resizes twice, the product once with composed weights; roundings differ.</summary>
    private const double EqualPixels = 0.9999;

    /// <summary>Enlarging by odd factors, shrinking, one pixel, and a band that does not divide the height.</summary>
    public static TheoryData<string, int, int> Sizes
    {
        get
        {
            var data = new TheoryData<string, int, int>();
            foreach (var procedure in new[] { "meta", "hf" })
            {
                foreach (var (height, width) in new[] { (131, 97), (20, 13), (1, 1), (64, 300), (300, 1) })
                {
                    data.Add(procedure, height, width);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Run_AnySize_EqualsScalarReference(string procedure, int height, int width)
    {
        var predictions = TestResults.Predictions(12, 5, 24, 32);
        var geometry = new ImageGeometry(new InputSize(96, 128), height, width);
        var parameters = TestResults.Parameters(procedure, 5, AllTasks);

        var sut = MaskPostprocessor.Run(predictions, geometry, parameters, TestContext.Current.CancellationToken);

        var reference = new ScalarPostprocessing(predictions, geometry, procedure == "meta");
        AssertEqual(reference.Panoptic(parameters), sut.Panoptic!.Ids);
        AssertEqual(reference.Semantic(), sut.Semantic!.Labels);
        Assert.All(sut.Instances!, instance => Assert.InRange(instance.Score, 0.5f, 1f));
        Assert.Equal(sut.Instances!.Select(i => i.Score).OrderDescending(), sut.Instances!.Select(i => i.Score));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(19)]
    [InlineData(64)]
    public void Kernels_AnyLength_EqualScalar(int length)
    {
        var random = new Random(length);
        float[] Values() => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle())];
        var (values, best, owner) = (Values(), Values(), new int[length]);
        var expectedOwner = values.Select((v, i) => v * 0.8f > best[i] ? v >= 0.5f ? 7 : 6 : 0).ToArray();
        var expectedBest = values.Select((v, i) => Math.Max(v * 0.8f, best[i])).ToArray();

        Assert.Equal(values.Count(v => v >= 0.5f), RowKernels.AssignPixels(values, 0.8f, 0.5f, 6, best, owner));

        Assert.Equal(expectedOwner, owner);
        Assert.Equal(expectedBest, best);
    }

    [Fact]
    public void Run_Cancelled_Throws()
    {
        var predictions = TestResults.Predictions(4, 3, 8, 8);
        var parameters = TestResults.Parameters("meta", 3, AllTasks);

        Assert.Throws<OperationCanceledException>(
            () => MaskPostprocessor.Run(predictions, new ImageGeometry(new InputSize(32, 32), 64, 64), parameters, new CancellationToken(true)));
    }

    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Run_TwelveMegapixels_AllocatesLittleBesideResults(string procedure)
    {
        const int Pixels = 3000 * 4000;
        var predictions = TestResults.Predictions(10, 5, 24, 32);
        var parameters = TestResults.Parameters(procedure, 5, SegmentationTasks.Panoptic);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var result = MaskPostprocessor.Run(predictions, new ImageGeometry(new InputSize(96, 128), 3000, 4000), parameters, TestContext.Current.CancellationToken);

        // The map itself is 48 MB; one float plane per query would be 480 MB.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 4L * Pixels, (4L * Pixels) + (16 << 20));
        Assert.NotEmpty(result.Panoptic!.Segments);
    }

    [Fact]
    public void Run_SizesThatDoNotFit_Throws()
    {
        var predictions = TestResults.Predictions(4, 3, 8, 8);
        var geometry = new ImageGeometry(new InputSize(32, 32), 64, 64);
        var parameters = TestResults.Parameters("meta", 3, AllTasks);

        void Run(QueryPredictions p, ImageGeometry g, PostprocessingParameters x) => MaskPostprocessor.Run(p, g, x, TestContext.Current.CancellationToken);

        Assert.Throws<ArgumentException>(() => Run(predictions with { Queries = 5 }, geometry, parameters));
        Assert.Throws<ArgumentException>(() => Run(predictions, geometry with { OriginalHeight = 0 }, parameters));
        Assert.Throws<ArgumentException>(() => Run(predictions, geometry, TestResults.Parameters("meta", 2, AllTasks)));
        Assert.Throws<ArgumentException>(() => Run(predictions, geometry, parameters with { Procedure = "other" }));
    }

    private static void AssertEqual(int[] expected, int[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange((double)expected.Zip(actual).Count(pair => pair.First == pair.Second) / expected.Length, EqualPixels, 1);
    }
}
