using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Thresholds;

/// <summary>Right, wrong and missed instances at a threshold, from how all of an image's detections matched.</summary>
internal static class ObjectCounts
{
    /// <summary>All areas, at an IoU of 0.5.</summary>
    private static readonly ulong Bit = CocoParameters.Bit(CocoParameters.All, threshold: 0);

    /// <summary>A match counts as an IoU of 1, so that <see cref="ClassCounts.Pq"/> is the F1 of the matches.</summary>
    /// <param name="matches">Of detections that no threshold has cut: they match by descending score, so those below one change nothing above it.</param>
    /// <param name="thresholdOf">By class index: the least score that counts.</param>
    public static PanopticCounts At(ImageMatches matches, Func<int, float> thresholdOf) => new([.. matches.Classes.Select(item => At(item, thresholdOf(item.ClassId)))]);

    private static ClassCounts At(ClassMatches matches, float threshold)
    {
        var (right, wrong) = (0, 0);
        foreach (var detection in matches.Detections)
        {
            if (detection.Score >= threshold && (detection.Ignored & Bit) == 0)
            {
                (right, wrong) = (detection.Matched & Bit) == 0 ? (right, wrong + 1) : (right + 1, wrong);
            }
        }

        return new ClassCounts(matches.ClassId, right, right, wrong, matches.Positives[CocoParameters.All] - right);
    }
}
