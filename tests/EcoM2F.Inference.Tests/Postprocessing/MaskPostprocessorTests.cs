using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Tests.Plain;

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
    [InlineData("meta", 2, 131)]
    [InlineData("meta", 3, 480)]
    [InlineData("meta", 4, 17)]
    [InlineData("meta", 4, 1)]
    [InlineData("hf", 2, 480)]
    [InlineData("hf", 3, 131)]
    public void Run_SeveralThreads_EqualsOne(string procedure, int threads, int height)
    {
        var predictions = TestResults.Predictions(12, 5, 24, 32);
        var geometry = new ImageGeometry(new InputSize(96, 128), height, 97);
        foreach (var confidence in (bool[])[false, true])
        {
            var parameters = TestResults.Parameters(procedure, 5, AllTasks) with { Confidence = confidence, OverlapThreshold = 0.1f };
            var one = MaskPostprocessor.Run(predictions, geometry, parameters, TestContext.Current.CancellationToken);

            var sut = MaskPostprocessor.Run(predictions, geometry, parameters with { Threads = threads }, TestContext.Current.CancellationToken);

            Assert.Equal(one.Panoptic!.Segments, sut.Panoptic!.Segments);
            Assert.Equal(one.Panoptic.Ids, sut.Panoptic.Ids);
            Assert.Equal(one.Panoptic.Confidence, sut.Panoptic.Confidence);
            Assert.Equal(one.Instances, sut.Instances);
            Assert.Equal(one.Semantic!.Labels, sut.Semantic!.Labels);
            Assert.Equal(one.Semantic.Segments, sut.Semantic.Segments);
            Assert.Equal(one.Semantic.Confidence, sut.Semantic.Confidence);
        }
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

    [Theory]
    [InlineData(SegmentationTasks.Panoptic, 1)]
    [InlineData(SegmentationTasks.Panoptic, 2)]
    [InlineData(SegmentationTasks.Instance, 2)]
    [InlineData(SegmentationTasks.Semantic, 2)]
    public void Run_Cancelled_Throws(SegmentationTasks task, int threads)
    {
        var predictions = TestResults.Predictions(4, 3, 8, 8);
        var parameters = TestResults.Parameters("meta", 3, task) with { Threads = threads };

        Assert.Throws<OperationCanceledException>(
            () => MaskPostprocessor.Run(predictions, new ImageGeometry(new InputSize(32, 32), 64, 64), parameters, new CancellationToken(true)));
    }

    /// <summary>Sizes of which one is a whole number of tiles, and more classes and queries than fit a vector.</summary>
    [Theory]
    [InlineData("meta", 240, 320, 1)]
    [InlineData("meta", 251, 333, 2)]
    [InlineData("meta", 31, 47, 3)]
    [InlineData("meta", 5, 9, 4)]
    [InlineData("meta", 300, 3, 5)]
    [InlineData("hf", 240, 320, 6)]
    [InlineData("hf", 500, 333, 7)]
    [InlineData("hf", 31, 47, 8)]
    [InlineData("hf", 300, 3, 9)]
    public void Run_AnySize_EqualsPlainProceduresExactly(string procedure, int height, int width, int seed)
    {
        var predictions = TestResults.Predictions(37, 21, 24, 32, seed);
        var geometry = new ImageGeometry(new InputSize(96, 128), height, width);
        foreach (var threshold in (float[])[0, 0.3f, 0.5f, 1])
        {
            var parameters = TestResults.Parameters(procedure, 21, AllTasks) with { MaskThreshold = threshold, ScoreThreshold = 0.2f, InstanceScoreThreshold = 0.1f };

            AssertEqualsPlain(predictions, geometry, parameters);
        }
    }

    /// <summary>Bounds say nothing of such tiles, so that every pixel is computed.</summary>
    [Theory]
    [InlineData("meta", float.NaN)]
    [InlineData("meta", float.PositiveInfinity)]
    [InlineData("meta", float.NegativeInfinity)]
    [InlineData("hf", float.NegativeInfinity)]
    public void Run_LogitsThatAreNotFinite_EqualsPlainPanoptic(string procedure, float value)
    {
        var predictions = TestResults.Predictions(12, 5, 24, 32);
        var masks = predictions.MaskLogits.ToArray();
        for (var i = 100; i < masks.Length; i += 997)
        {
            masks[i] = value;
        }

        var parameters = TestResults.Parameters(procedure, 5, SegmentationTasks.Panoptic);

        AssertEqualsPlain(predictions with { MaskLogits = masks }, new ImageGeometry(new InputSize(96, 128), 131, 97), parameters);
    }

    /// <summary>Equal queries tie on every pixel: the first wins.</summary>
    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Run_EqualQueries_EqualsPlainProcedures(string procedure)
    {
        var one = TestResults.Predictions(1, 5, 24, 32, seed: 11);
        var two = one with
        {
            Queries = 2,
            ClassLogits = (float[])[.. one.ClassLogits.Span, .. one.ClassLogits.Span],
            MaskLogits = (float[])[.. one.MaskLogits.Span, .. one.MaskLogits.Span],
        };
        var parameters = TestResults.Parameters(procedure, 5, AllTasks) with { ScoreThreshold = 0, OverlapThreshold = 0 };

        AssertEqualsPlain(two, new ImageGeometry(new InputSize(96, 128), 131, 97), parameters);
    }

    [Theory]
    [InlineData(24, 131)]
    [InlineData(24, 24)]
    [InlineData(131, 24)]
    [InlineData(5, 40)]
    [InlineData(1, 33)]
    public void Stretch_EveryPath_EqualsWeightedSums(int from, int to)
    {
        var random = new Random(from);
        float[] source = [.. Enumerable.Range(0, from).Select(_ => (random.NextSingle() * 20) - 10)];
        using var taps = ResampleTaps.Bilinear(from, 2 * from, to);
        using var sut = new RowStretch(taps);
        var (scalar, vector, either) = (new float[to], new float[to], new float[to]);

        sut.RunScalar(source, 0, scalar);
        sut.RunVector(source, 0, vector);
        sut.Run(source, 0, either);

        var weights = taps.Weights.ToArray();
        var first = taps.First.ToArray();
        var expected = scalar.Select((_, x) => Enumerable.Range(0, taps.Taps).Aggregate(0f, (sum, tap) => sum + (source[first[x] + tap] * weights[(x * taps.Taps) + tap])));
        Assert.Equal(expected, scalar);
        Assert.Equal(scalar, vector);
        Assert.Equal(scalar, either);
    }

    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Run_Repeatedly_AllocatesLittleMoreThanResults(string procedure)
    {
        var predictions = TestResults.Predictions(40, 30, 80, 112);
        var geometry = new ImageGeometry(new InputSize(320, 448), 480, 640);
        foreach (var task in (SegmentationTasks[])[SegmentationTasks.Panoptic, SegmentationTasks.Instance, SegmentationTasks.Semantic])
        {
            var parameters = TestResults.Parameters(procedure, 30, task);
            var first = MaskPostprocessor.Run(predictions, geometry, parameters, TestContext.Current.CancellationToken);
            var before = GC.GetAllocatedBytesForCurrentThread();

            MaskPostprocessor.Run(predictions, geometry, parameters, TestContext.Current.CancellationToken);

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.InRange(allocated, 1, TextBytes(first) + (24 << 10));
        }
    }

    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Run_TwelveMegapixels_AllocatesNoMap(string procedure)
    {
        const int Pixels = 3000 * 4000;
        var predictions = TestResults.Predictions(10, 5, 24, 32);
        var parameters = TestResults.Parameters(procedure, 5, SegmentationTasks.Panoptic);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var result = MaskPostprocessor.Run(predictions, new ImageGeometry(new InputSize(96, 128), 3000, 4000), parameters, TestContext.Current.CancellationToken);

        // A map would be 48 MB; one float plane per query 480 MB.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
        Assert.NotEmpty(result.Panoptic!.Segments);
        Assert.Equal(Pixels, result.Panoptic.Ids.Length);
    }

    /// <summary>A class with a threshold of its own is as if all had it, as far as that class decides alone: its instances, and which queries compete.</summary>
    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Run_ClassThresholds_TakeThePlaceOfTheOther(string procedure)
    {
        var predictions = TestResults.Predictions(37, 5, 24, 32);
        var geometry = new ImageGeometry(new InputSize(96, 128), 131, 97);
        var parameters = TestResults.Parameters(procedure, 5, SegmentationTasks.Panoptic | SegmentationTasks.Instance) with { ScoreThreshold = 0.5f, InstanceScoreThreshold = 0.5f, OverlapThreshold = 0 };
        var (all, none) = (Run(parameters), Run(parameters with { ScoreThreshold = 1, InstanceScoreThreshold = 1 }));
        var label = all.Instances!.GroupBy(static instance => instance.CategoryId).MaxBy(static group => group.Count())!.Key;

        var without = Run(parameters with { ClassThresholds = new Dictionary<int, float> { [label] = 1 } });
        var alone = Run(parameters with { ScoreThreshold = 1, InstanceScoreThreshold = 1, ClassThresholds = new Dictionary<int, float> { [label] = 0.5f } });

        Assert.Empty(none.Instances!);
        Assert.Equal(all.Instances!.Where(instance => instance.CategoryId != label), without.Instances);
        Assert.Equal(all.Instances!.Where(instance => instance.CategoryId == label), alone.Instances);
        Assert.Contains(all.Panoptic!.Segments, segment => segment.CategoryId == label);
        Assert.DoesNotContain(without.Panoptic!.Segments, segment => segment.CategoryId == label);
        Assert.NotEmpty(without.Panoptic.Segments);
        Assert.NotEmpty(alone.Panoptic!.Segments);
        Assert.All(alone.Panoptic.Segments, segment => Assert.Equal(label, segment.CategoryId));

        PostprocessingResult Run(PostprocessingParameters asked) => MaskPostprocessor.Run(predictions, geometry, asked, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Run_SizesThatDoNotFit_Throws()
    {
        var predictions = TestResults.Predictions(4, 3, 8, 8);
        var geometry = new ImageGeometry(new InputSize(32, 32), 64, 64);
        var parameters = TestResults.Parameters("meta", 3, AllTasks);

        void Run(QueryPredictions p, ImageGeometry g, PostprocessingParameters x) => MaskPostprocessor.Run(p, g, x, TestContext.Current.CancellationToken);

        Assert.Throws<ArgumentException>(() => Run(predictions with { Queries = 5 }, geometry, parameters));
        Assert.Throws<ArgumentException>(() => Run(predictions, geometry with { Height = 0 }, parameters));
        Assert.Throws<ArgumentException>(() => Run(predictions, geometry, TestResults.Parameters("meta", 2, AllTasks)));
        Assert.Throws<ArgumentException>(() => Run(predictions, geometry, parameters with { Procedure = "other" }));
    }

    /// <summary>Masks to the pixel, scores of panoptic segments and instances to the bit, of classes to a millionth.</summary>
    private static void AssertEqualsPlain(QueryPredictions predictions, ImageGeometry geometry, PostprocessingParameters parameters)
    {
        var expected = PlainMaskPostprocessor.Run(predictions, geometry, parameters, TestContext.Current.CancellationToken);

        var sut = MaskPostprocessor.Run(predictions, geometry, parameters, TestContext.Current.CancellationToken);

        Assert.Equal(expected.Panoptic!.Ids, sut.Panoptic!.Ids);
        Assert.Equal(expected.Panoptic.Segments, sut.Panoptic.Segments);
        Assert.Equal(expected.Instances, sut.Instances);
        Assert.Equal(expected.Semantic?.Labels, sut.Semantic?.Labels);
        Assert.Equal(expected.Semantic?.Segments.Select(static s => (s.Id, s.CategoryId, s.Area, s.Box, s.Mask)), sut.Semantic?.Segments.Select(static s => (s.Id, s.CategoryId, s.Area, s.Box, s.Mask)));
        Assert.All((expected.Semantic?.Segments ?? []).Zip(sut.Semantic?.Segments ?? []), static pair => Assert.Equal(pair.First.Score, pair.Second.Score, 2e-6f));
    }

    private static long TextBytes(PostprocessingResult result) => 2L * (
        (result.Panoptic?.Segments.Sum(static s => s.Mask.Counts.Length) ?? 0)
        + (result.Semantic?.Segments.Sum(static s => s.Mask.Counts.Length) ?? 0)
        + (result.Instances?.Select(static s => s.Mask).Distinct().Sum(static mask => mask.Counts.Length) ?? 0));

    private static void AssertEqual(int[] expected, int[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange((double)expected.Zip(actual).Count(pair => pair.First == pair.Second) / expected.Length, EqualPixels, 1);
    }
}
