using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class MaskCleanupTests
{
    [Theory]
    [InlineData(0, "##...#/#.#.../##..##/......")]
    [InlineData(1, "##...#/#.#.../##..##/......")]
    [InlineData(2, "##..../#...../##..##/......")]
    [InlineData(3, "##..../#...../##..../......")]
    [InlineData(5, "##..../#...../##..../......")]
    public void Apply_Instance_LosesSmallParts(int minArea, string expected)
    {
        // The speck in the third column touches the largest part at corners alone.
        var sut = Apply(Instance("##...#/#.#.../##..##/......"), minArea, 0);

        AssertMask(expected, Assert.Single(sut.Instances!));
    }

    [Theory]
    [InlineData(0, "#####/#.#.#/#.###/#####/.....")]
    [InlineData(1, "#####/#.###/#.###/#####/.....")]
    [InlineData(2, "#####/#####/#####/#####/.....")]
    public void Apply_Instance_HasHolesUpToASizeFilled(int fillHoles, string expected) =>
        AssertMask(expected, Assert.Single(Apply(Instance("#####/#.#.#/#.###/#####/....."), 0, fillHoles).Instances!));

    [Fact]
    public void Apply_GapThatReachesTheEdge_IsNoHole() =>
        AssertMask("##.##/#####", Assert.Single(Apply(Instance("##.##/#####"), 0, 100).Instances!));

    [Fact]
    public void Apply_InstanceWithoutAPartThatIsLeft_IsLeftOut() => Assert.Empty(Apply(Instance("#.#/.#."), 2, 0).Instances!);

    [Fact]
    public void Apply_Panoptic_GivesSpecksToWhatIsAroundThemAndNumbersAnew()
    {
        var sut = Panoptic(
            """
            111111
            121100
            111100
            333333
            """);
        var cleaned = Apply(new PostprocessingResult(sut, null, null), 2, 1).Panoptic!;

        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 2, 2], cleaned.Ids);
        Assert.Equal([(1, 0, 14), (2, 2, 6)], cleaned.Segments.Select(static segment => (segment.Id, segment.CategoryId, segment.Area)));
        Assert.Equal([0.9, 0.7], cleaned.Segments.Select(static segment => Math.Round(segment.Score, 4)));
    }

    [Fact]
    public void Apply_VoidBetweenTwoSegments_StaysVoid()
    {
        var cleaned = Apply(
            new PostprocessingResult(
                Panoptic(
                    """
                    11122
                    11022
                    11122
                    """),
                null,
                null),
            0,
            100).Panoptic!;

        Assert.Equal(0, cleaned.Ids[7]);
    }

    [Fact]
    public void Apply_Semantic_KeepsScoresAndVoidsWhatNothingSurrounds()
    {
        int[] labels = [0, 0, 0, 2, 0, 1, 0, 2, 0, 0, 0, 2, 1, 2, 2, 2];
        var runs = RunsOf(labels, 4, 4);
        var semantic = new SemanticSegmentation(4, 4, labels, [.. runs.Select(static (found, i) => new Segment(i + 1, i, 0.5f + (i * 0.1f), found.Area, found.Box, found.ToRle()))]);

        var cleaned = Apply(new PostprocessingResult(null, null, semantic), 2, 1).Semantic!;

        Assert.Equal([0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, -1, 2, 2, 2], cleaned.Labels);
        Assert.Equal([(1, 0, 9), (2, 2, 6)], cleaned.Segments.Select(static segment => (segment.Id, segment.CategoryId, segment.Area)));
        Assert.Equal(0.5f, cleaned.Segments[0].Score, 1e-6f);
        Assert.Equal(0.7f, cleaned.Segments[1].Score, 1e-6f);
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 0, false)]
    [InlineData(2, 0, true)]
    [InlineData(0, 1, true)]
    public void IsAsked_OnlyWhatCanChangeAMask(int minArea, int fillHoles, bool expected) =>
        Assert.Equal(expected, MaskCleanup.IsAsked(Parameters(minArea, fillHoles)));

    private static PostprocessingResult Apply(PostprocessingResult found, int minArea, int fillHoles)
    {
        var (height, width) = found switch
        {
            { Panoptic: { } panoptic } => (panoptic.Height, panoptic.Width),
            { Semantic: { } semantic } => (semantic.Height, semantic.Width),
            _ => (found.Instances![0].Mask.Height, found.Instances[0].Mask.Width),
        };
        return MaskCleanup.Apply(found, new ImageGeometry(new InputSize(32, 32), height, width), Parameters(minArea, fillHoles), TestContext.Current.CancellationToken);
    }

    private static PostprocessingParameters Parameters(int minArea, int fillHoles) => new()
    {
        Procedure = PostprocessingSettings.Meta,
        ScoreThreshold = 0,
        MaskThreshold = 0,
        OverlapThreshold = 0,
        Tasks = SegmentationTasks.Panoptic,
        Classes = [new(0, "a", true, "#000000"), new(1, "b", true, "#000000"), new(2, "c", false, "#000000")],
        MinArea = minArea,
        FillHoles = fillHoles,
    };

    private static PostprocessingResult Instance(string picture)
    {
        var rle = Rle(picture);
        return new PostprocessingResult(null, [new InstanceSegment(0, 0.9f, rle.Area(), default, rle)], null);
    }

    private static CocoRle Rle(string picture)
    {
        var rows = picture.Split('/');
        return CocoRle.FromMask([.. rows.SelectMany(static row => row).Select(static pixel => pixel == '#' ? (byte)1 : (byte)0)], rows.Length, rows[0].Length);
    }

    private static void AssertMask(string expected, InstanceSegment actual)
    {
        var rle = Rle(expected);
        Assert.Equal((rle, rle.Area()), (actual.Mask, actual.Area));
    }

    private static PanopticSegmentation Panoptic(string picture)
    {
        var rows = picture.ReplaceLineEndings("\n").Split('\n');
        int[] ids = [.. rows.SelectMany(static row => row).Select(static digit => digit - '0')];
        var runs = RunsOf(ids, rows.Length, rows[0].Length);
        return new PanopticSegmentation(
            rows[0].Length, rows.Length, ids, [.. runs.Skip(1).Select(static (found, i) => new Segment(i + 1, i, 0.9f - (i * 0.1f), found.Area, found.Box, found.ToRle()))]);
    }

    /// <returns>By code.</returns>
    private static MaskRuns[] RunsOf(int[] codes, int height, int width)
    {
        using var map = new RunMap(height, width);
        for (var y = 0; y < height; y++)
        {
            map.AddRow(codes.AsSpan(y * width, width));
        }

        MaskRuns[] runs = [.. Enumerable.Range(0, codes.Max() + 1).Select(_ => new MaskRuns(height, width))];
        map.AddTo(runs);
        return runs;
    }
}
