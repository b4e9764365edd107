using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Postprocessing;

/// <summary>Boxes against values worked out by hand, in an image of 200 x 100 pixels.</summary>
public sealed class BoxPostprocessorTests
{
    private static readonly ImageGeometry Geometry = new ImageGeometry(new InputSize(64, 128), 100, 200);

    /// <summary>Logarithms of probabilities that sum to 1, so that softmax gives these back.</summary>
    [Fact]
    public void Run_Detr_TakesEachQuerysBestClassOtherThanNoObject()
    {
        var predictions = new BoxPredictions(
            Logs(0.6, 0.1, 0.3, /**/ 0.05, 0.15, 0.8, /**/ 0.2, 0.7, 0.1),
            new[] { 0.5f, 0.5f, 0.2f, 0.4f, /**/ 0.1f, 0.1f, 0.1f, 0.1f, /**/ 0.25f, 0.75f, 0.1f, 0.1f },
            Queries: 3,
            Columns: 3);

        var result = BoxPostprocessor.Run(predictions, Geometry, Parameters("detr", 2, 0.1f));

        Assert.Equal([1, 0, 1], result.Select(static found => found.CategoryId));
        AssertScores([0.7, 0.6, 0.15], result); // the second query's best is "no object"; of the others it has class 1
        AssertBox(40, 70, 20, 10, result[0].Box);
        AssertBox(80, 30, 40, 40, result[1].Box);
        AssertBox(10, 5, 20, 10, result[2].Box);
    }

    [Fact]
    public void Run_DeformableDetr_TakesTheBestPairsByTheirOwnProbability()
    {
        var predictions = new BoxPredictions(
            Logits(0.9, 0.6, 0.1, /**/ 0.2, 0.8, 0.55),
            new[] { 0.5f, 0.5f, 1f, 1f, /**/ 0.25f, 0.5f, 0.5f, 0.5f },
            Queries: 2,
            Columns: 3);

        var result = BoxPostprocessor.Run(predictions, Geometry, Parameters("deformable_detr", 3, 0.5f));

        Assert.Equal([0, 1, 1, 2], result.Select(static found => found.CategoryId)); // a query may give several
        AssertScores([0.9, 0.8, 0.6, 0.55], result);
        AssertBox(0, 0, 200, 100, result[0].Box);
        AssertBox(0, 25, 100, 50, result[1].Box);
        AssertBox(0, 0, 200, 100, result[2].Box);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(7)]
    public void Run_DeformableDetr_KeepsNoMoreThanTheLimit(int limit)
    {
        var random = new Random(2);
        float[] logits = [.. Enumerable.Range(0, 60 * 5).Select(_ => random.NextSingle() * 8)]; // all above a half
        var predictions = new BoxPredictions(logits, new float[60 * 4], 60, 5);

        var result = BoxPostprocessor.Run(predictions, Geometry, Parameters("deformable_detr", 5, 0) with { InstanceLimit = limit });

        var best = logits.OrderDescending().Take(limit).Select(static logit => 1 / (1 + Math.Exp(-logit))).ToArray();
        AssertScores(best, result);
    }

    [Fact]
    public void Run_Threshold_IsExclusive()
    {
        var predictions = new BoxPredictions(new[] { 0f, 1f }, new float[8], 2, 1); // probabilities of a half and more

        Assert.Equal(0.731, Assert.Single(BoxPostprocessor.Run(predictions, Geometry, Parameters("deformable_detr", 1, 0.5f))).Score, 3);
    }

    [Theory]
    [InlineData(0.05f, 0.5f, 0.2f, 0.2f, 0, 40, 30, 20)] // left edge
    [InlineData(0.95f, 0.9f, 0.2f, 0.4f, 170, 70, 30, 30)] // right and lower edge
    [InlineData(0.5f, 0.02f, 3f, 0.2f, 0, 0, 200, 12)] // wider than the image
    [InlineData(0.5f, 0.5f, 0f, 0f, 100, 50, 0, 0)]
    public void Run_BoxBeyondTheImage_IsCut(float x, float y, float width, float height, double left, double top, double cutWidth, double cutHeight)
    {
        var predictions = new BoxPredictions(new[] { 4f }, new[] { x, y, width, height }, 1, 1);

        var box = Assert.Single(BoxPostprocessor.Run(predictions, Geometry, Parameters("deformable_detr", 1, 0.5f))).Box;

        AssertBox(left, top, cutWidth, cutHeight, box);
    }

    [Theory]
    [InlineData("detr")]
    [InlineData("deformable_detr")]
    public void Run_KeptClasses_LeavesTheOthersOut(string procedure)
    {
        var columns = procedure == "detr" ? 4 : 3;
        float[] logits = [.. Enumerable.Range(0, 9 * columns).Select(i => i % columns == i / columns % 3 ? 6f : -6f)];
        var predictions = new BoxPredictions(logits, new float[9 * 4], 9, columns);

        var result = BoxPostprocessor.Run(predictions, Geometry, Parameters(procedure, 3, 0.5f) with { KeptClasses = new HashSet<int> { 2 } });

        Assert.Equal([2, 2, 2], result.Select(static found => found.CategoryId));
    }

    [Theory]
    [InlineData("detr", 3, 2)]
    [InlineData("deformable_detr", 2, 2)]
    public void Run_ColumnsThatFit_AreAccepted(string procedure, int columns, int classes) =>
        Assert.NotEmpty(BoxPostprocessor.Run(new BoxPredictions(new float[columns], new float[4], 1, columns), Geometry, Parameters(procedure, classes, 0)));

    [Theory]
    [InlineData("detr", 2, 2)]
    [InlineData("deformable_detr", 3, 2)]
    [InlineData("meta", 3, 2)]
    public void Run_WhatDoesNotFit_Throws(string procedure, int columns, int classes) => Assert.Throws<ArgumentException>(
        () => BoxPostprocessor.Run(new BoxPredictions(new float[columns], new float[4], 1, columns), Geometry, Parameters(procedure, classes, 0)));

    [Fact]
    public void Run_TooFewValues_Throws() => Assert.Throws<ArgumentException>(
        () => BoxPostprocessor.Run(new BoxPredictions(new float[4], new float[7], 2, 2), Geometry, Parameters("deformable_detr", 2, 0)));

    private static PostprocessingParameters Parameters(string procedure, int classes, float threshold) =>
        TestResults.Parameters(procedure, classes, SegmentationTasks.Detection) with { ScoreThreshold = threshold };

    private static float[] Logs(params double[] probabilities) => [.. probabilities.Select(static p => (float)Math.Log(p))];

    private static float[] Logits(params double[] probabilities) => [.. probabilities.Select(static p => (float)Math.Log(p / (1 - p)))];

    private static void AssertScores(double[] expected, IReadOnlyList<DetectedObject> result)
    {
        Assert.Equal(expected.Length, result.Count);
        Assert.All(expected.Zip(result), static pair => Assert.Equal(pair.First, pair.Second.Score, 1e-5));
    }

    private static void AssertBox(double x, double y, double width, double height, ObjectBox box)
    {
        Assert.Equal(x, box.X, 3);
        Assert.Equal(y, box.Y, 3);
        Assert.Equal(width, box.Width, 3);
        Assert.Equal(height, box.Height, 3);
    }
}
