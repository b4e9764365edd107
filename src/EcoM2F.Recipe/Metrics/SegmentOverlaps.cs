using System.Runtime.InteropServices;

namespace EcoM2F.Recipe.Metrics;

/// <summary>How many pixels each pair of a true and a predicted id shares.</summary>
internal sealed class SegmentOverlaps
{
    public const int Void = 0;

    private readonly Dictionary<(int Truth, int Prediction), int> _pixels = [];

    private SegmentOverlaps()
    {
    }

    public IReadOnlyDictionary<(int Truth, int Prediction), int> Pairs => _pixels;

    /// <summary>By id; void among them.</summary>
    public Dictionary<int, int> TruthAreas { get; } = [];

    /// <summary>By id; void among them.</summary>
    public Dictionary<int, int> PredictionAreas { get; } = [];

    public int this[int truth, int prediction] => _pixels.GetValueOrDefault((truth, prediction));

    /// <param name="prediction">As long as <paramref name="truth"/>.</param>
    public static SegmentOverlaps Count(ReadOnlySpan<int> truth, ReadOnlySpan<int> prediction)
    {
        var result = new SegmentOverlaps();
        var (truthEnd, predictionEnd) = (0, 0);
        for (var start = 0; start < truth.Length;)
        {
            // Ids come in runs, which the search for the first other value skips many pixels at a time.
            truthEnd = start == truthEnd ? EndOfRun(truth, start) : truthEnd;
            predictionEnd = start == predictionEnd ? EndOfRun(prediction, start) : predictionEnd;
            var end = Math.Min(truthEnd, predictionEnd);
            CollectionsMarshal.GetValueRefOrAddDefault(result._pixels, (truth[start], prediction[start]), out _) += end - start;
            start = end;
        }

        foreach (var (pair, pixels) in result._pixels)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(result.TruthAreas, pair.Truth, out _) += pixels;
            CollectionsMarshal.GetValueRefOrAddDefault(result.PredictionAreas, pair.Prediction, out _) += pixels;
        }

        return result;
    }

    private static int EndOfRun(ReadOnlySpan<int> ids, int start)
    {
        var length = ids[start..].IndexOfAnyExcept(ids[start]);
        return length < 0 ? ids.Length : start + length;
    }
}
