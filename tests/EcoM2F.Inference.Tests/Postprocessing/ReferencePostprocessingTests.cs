using System.Text.Json;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Tests.Imaging;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Postprocessing;

/// <summary>Both procedures against the results of the originals: two images, 24 queries, six classes.</summary>
public sealed class ReferencePostprocessingTests
{
    /// <summary>Of all pixels; the rest may flip where a probability meets a threshold or another query's to the last bit.</summary>
    private const double EqualPixels = 0.9999;

    private const float ScoreTolerance = 1e-4f;

    private static readonly SafetensorsFixture Tensors = SafetensorsFixture.Load("postprocessing");

    private static readonly JsonElement Expected = JsonSerializer.Deserialize<JsonElement>(
        File.ReadAllText(Path.Combine(RepositoryPaths.Fixtures, "postprocessing", "expected.json")));

    public static TheoryData<string, int> Images => new() { { "meta", 0 }, { "meta", 1 }, { "hf", 0 }, { "hf", 1 } };

    [Theory]
    [MemberData(nameof(Images))]
    public void Run_Panoptic_EqualsOriginal(string procedure, int image)
    {
        var sut = Run(procedure, image, SegmentationTasks.Panoptic).Panoptic!;

        // The original lists fused stuff again under the id it has already; here it is one segment.
        var label = procedure == "meta" ? "category_id" : "label_id";
        var expected = Expected.GetProperty(procedure)[image].GetProperty("panoptic_segments").EnumerateArray().DistinctBy(s => s.GetProperty("id").GetInt32()).ToArray();
        Assert.Equal(expected.Select(s => (s.GetProperty("id").GetInt32(), s.GetProperty(label).GetInt32())), sut.Segments.Select(s => (s.Id, s.CategoryId)));
        Assert.All(expected.Zip(sut.Segments), pair => Assert.Equal(pair.First.GetProperty("score").GetSingle(), pair.Second.Score, ScoreTolerance));
        AssertEqualPixels(Tensors.Values<int>($"{procedure}.{image}.panoptic"), sut.Ids);
        Assert.All(sut.Segments, s => AssertDescribes(s.Mask, s.Area, s.Box, Array.ConvertAll(sut.Ids, id => id == s.Id)));
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Run_Semantic_EqualsOriginal(string procedure, int image)
    {
        var sut = Run(procedure, image, SegmentationTasks.Semantic).Semantic!;

        AssertEqualPixels(Array.ConvertAll(Tensors.Values<byte>($"{procedure}.{image}.semantic"), v => (int)v), sut.Labels);
        Assert.Equal(sut.Labels.Distinct().Order(), sut.Segments.Select(s => s.CategoryId));
        Assert.Equal(Enumerable.Range(1, sut.Segments.Count), sut.Segments.Select(s => s.Id));
        Assert.All(sut.Segments, s => Assert.InRange(s.Score, 0.01f, 1f));
        Assert.All(sut.Segments, s => AssertDescribes(s.Mask, s.Area, s.Box, Array.ConvertAll(sut.Labels, label => label == s.CategoryId)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Run_InstancesMeta_EqualOriginal(int image)
    {
        var sut = Run("meta", image, SegmentationTasks.Instance, instanceThreshold: 0).Instances!.ToList();

        var scores = Tensors.Floats($"meta.{image}.instance.scores");
        var labels = Tensors.Values<long>($"meta.{image}.instance.labels");
        var masks = Tensors.Values<byte>($"meta.{image}.instance.masks");
        var stored = Tensors.Shape($"meta.{image}.instance.masks")[0];
        Assert.Equal(scores.Length, sut.Count);
        for (var i = 0; i < scores.Length; i++)
        {
            var matching = sut.Where(s => s.CategoryId == labels[i] && Math.Abs(s.Score - scores[i]) < ScoreTolerance).ToList();
            if (i < stored)
            {
                var expected = masks.AsSpan(i * masks.Length / stored, masks.Length / stored).ToArray();
                matching = [.. matching.OrderByDescending(s => Agreement(expected, Decode(s.Mask)))];
                Assert.True(Agreement(expected, Decode(matching[0].Mask)) >= EqualPixels, $"Mask {i} differs.");
            }

            Assert.True(matching.Count > 0, $"Instance {i} ({labels[i]}, {scores[i]}) is missing.");
            sut.Remove(matching[0]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Run_InstancesHf_PaintTheOriginalMap(int image)
    {
        var sut = Run("hf", image, SegmentationTasks.Instance, instanceThreshold: 0.3f).Instances!.ToList();

        var expected = Expected.GetProperty("hf")[image].GetProperty("instance_segments_threshold_0.3").EnumerateArray().ToArray();
        var map = Tensors.Values<int>($"hf.{image}.instance");
        var painted = new int[map.Length];
        Array.Fill(painted, -1);
        Assert.Equal(expected.Length, sut.Count);
        foreach (var segment in expected)
        {
            var match = sut.MinBy(s => Math.Abs(s.Score - segment.GetProperty("score").GetSingle()) + (s.CategoryId == segment.GetProperty("label_id").GetInt32() ? 0 : 9))!;
            Assert.Equal(segment.GetProperty("score").GetSingle(), match.Score, ScoreTolerance);
            Assert.Equal(segment.GetProperty("label_id").GetInt32(), match.CategoryId);
            sut.Remove(match);
            var mask = Decode(match.Mask);
            for (var i = 0; i < mask.Length; i++)
            {
                painted[i] = mask[i] == 1 ? segment.GetProperty("id").GetInt32() : painted[i];
            }
        }

        AssertEqualPixels(map, painted);
    }

    [Fact]
    public void Run_KeptClasses_RemovesOthersAndRenumbers()
    {
        var all = Run("meta", 0, SegmentationTasks.Panoptic | SegmentationTasks.Semantic);

        var sut = Run("meta", 0, SegmentationTasks.Panoptic | SegmentationTasks.Semantic, kept: new HashSet<int> { 0, 3 });

        Assert.Equal([1, 2, 3], sut.Panoptic!.Segments.Select(s => s.Id));
        Assert.Equal(all.Panoptic!.Segments.Where(s => s.CategoryId is 0 or 3).Select(s => s.Mask), sut.Panoptic.Segments.Select(s => s.Mask));
        Assert.Equal(sut.Panoptic.Segments.Sum(s => s.Area), sut.Panoptic.Ids.Count(id => id > 0));
        Assert.Equal(all.Semantic!.Labels.Select(v => v is 0 or 3 ? v : -1), sut.Semantic!.Labels);
        Assert.Equal(all.Semantic.Segments.Where(s => s.CategoryId is 0 or 3).Select(s => s.Mask), sut.Semantic.Segments.Select(s => s.Mask));
    }

    [Theory]
    [InlineData("meta")]
    [InlineData("hf")]
    public void Run_NothingConfident_GivesVoid(string procedure)
    {
        var sut = Run(procedure, 0, SegmentationTasks.Panoptic | SegmentationTasks.Instance, scoreThreshold: 1, instanceThreshold: 1);

        Assert.Empty(sut.Panoptic!.Segments);
        Assert.All(sut.Panoptic.Ids, id => Assert.Equal(0, id));
        Assert.Empty(sut.Instances!);
        Assert.Null(sut.Semantic);
    }

    internal static PostprocessingResult Run(
        string procedure, int image, SegmentationTasks tasks, float? scoreThreshold = null, float instanceThreshold = 0.5f, IReadOnlySet<int>? kept = null)
    {
        var classes = Tensors.Shape("class_queries_logits");
        var masks = Tensors.Shape("masks_queries_logits");
        var predictions = new QueryPredictions(
            Tensors.Floats("class_queries_logits").AsMemory(image * classes[1] * classes[2], classes[1] * classes[2]),
            Tensors.Floats("masks_queries_logits").AsMemory(image * masks[1] * masks[2] * masks[3], masks[1] * masks[2] * masks[3]),
            classes[1],
            classes[2] - 1,
            masks[2],
            masks[3]);
        var parameters = new PostprocessingParameters
        {
            Procedure = procedure,
            ScoreThreshold = scoreThreshold ?? (procedure == "meta" ? 0.8f : 0.5f),
            MaskThreshold = 0.5f,
            OverlapThreshold = 0.8f,
            InstanceScoreThreshold = instanceThreshold,
            Tasks = tasks,
            Classes = [.. Enumerable.Range(0, 6).Select(i => new ModelClass(i, $"class {i}", i < 4, "#000000"))],
            KeptClasses = kept,
        };
        var (padded, inner, original) = (Size("padded_size"), Size("image_size"), Size("original_size"));
        var geometry = new ImageGeometry(new InputSize(inner.Height, inner.Width), original.Height, original.Width);
        if (procedure == "meta")
        {
            predictions = WithoutPadding(predictions, padded, inner);
        }

        return MaskPostprocessor.Run(predictions, geometry, parameters, TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// The reference pads its inputs, resizes the logits to the padded size and cuts the padding off; our inputs have none. (hf does not know of
    /// padding.)
    /// </summary>
    private static QueryPredictions WithoutPadding(QueryPredictions predictions, (int Height, int Width) padded, (int Height, int Width) inner)
    {
        var (height, width) = (predictions.MaskHeight, predictions.MaskWidth);
        var masks = new float[predictions.Queries * inner.Height * inner.Width];
        for (var query = 0; query < predictions.Queries; query++)
        {
            var logits = Array.ConvertAll(predictions.MaskLogits.Slice(query * height * width, height * width).ToArray(), static value => (double)value);
            var resized = ScalarPostprocessing.Resize(logits, height, width, padded.Height, padded.Width);
            for (var y = 0; y < inner.Height; y++)
            {
                for (var x = 0; x < inner.Width; x++)
                {
                    masks[(((query * inner.Height) + y) * inner.Width) + x] = (float)resized[(y * padded.Width) + x];
                }
            }
        }

        return predictions with { MaskLogits = masks, MaskHeight = inner.Height, MaskWidth = inner.Width };
    }

    private static (int Height, int Width) Size(string key) => (Expected.GetProperty(key)[0].GetInt32(), Expected.GetProperty(key)[1].GetInt32());

    private static byte[] Decode(CocoRle rle)
    {
        var mask = new byte[rle.Height * rle.Width];
        rle.Decode(mask);
        return mask;
    }

    private static double Agreement<T>(T[] expected, T[] actual) =>
        (double)expected.Zip(actual).Count(pair => EqualityComparer<T>.Default.Equals(pair.First, pair.Second)) / expected.Length;

    private static void AssertEqualPixels(int[] expected, int[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(Agreement(expected, actual), EqualPixels, 1);
    }

    private static void AssertDescribes(CocoRle rle, int area, BoundingBox box, bool[] mask)
    {
        Assert.Equal(Array.ConvertAll(mask, value => (byte)(value ? 1 : 0)), Decode(rle));
        var points = Enumerable.Range(0, mask.Length).Where(i => mask[i]).Select(i => (X: i % rle.Width, Y: i / rle.Width)).ToList();
        Assert.Equal(points.Count, area);
        var (left, top) = (points.Min(p => p.X), points.Min(p => p.Y));
        Assert.Equal(new BoundingBox(left, top, points.Max(p => p.X) - left + 1, points.Max(p => p.Y) - top + 1), box);
    }
}
