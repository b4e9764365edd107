namespace EcoM2F.Recipe.Metrics;

/// <summary>
/// Matches predicted to true segments as panopticapi does (Kirillov et al., arXiv 1801.00868): a pair of one class matches where its
/// IoU is above one half, with the prediction's void pixels left out of the union; then no segment has two partners. Stateless.
/// </summary>
internal static class PanopticMatcher
{
    /// <summary>Above it a pair matches; a prediction with more than this share of void and crowd is not held against the model.</summary>
    private const double Half = 0.5;

    /// <exception cref="RecipeException">Sizes differ, or a list of segments disagrees with its pixels.</exception>
    public static PanopticCounts Count(PanopticMap truth, PanopticMap prediction)
    {
        if (truth.Width != prediction.Width || truth.Height != prediction.Height)
        {
            throw new RecipeException($"{prediction.Name} has {prediction.Width} x {prediction.Height} pixels; {truth.Name} has {truth.Width} x {truth.Height}.");
        }

        var overlaps = SegmentOverlaps.Count(truth.Ids, prediction.Ids);
        var trueSegments = SegmentRules.Check(truth, overlaps.TruthAreas, checkAreas: true);
        var predictedSegments = SegmentRules.Check(prediction, overlaps.PredictionAreas, checkAreas: false);
        var classes = new SortedDictionary<int, ClassCounts>();
        var matched = MatchPairs(overlaps, trueSegments, predictedSegments, classes);
        CountMissed(truth.Segments, matched.Truth, classes);
        CountWrong(truth.Segments, prediction.Segments, overlaps, matched.Predictions, classes);
        return new PanopticCounts([.. classes.Values]);
    }

    private static (HashSet<int> Truth, HashSet<int> Predictions) MatchPairs(
        SegmentOverlaps overlaps, Dictionary<int, PanopticSegment> truth, Dictionary<int, PanopticSegment> predictions, SortedDictionary<int, ClassCounts> classes)
    {
        var (matchedTruth, matchedPredictions) = (new HashSet<int>(), new HashSet<int>());
        foreach (var (pair, shared) in overlaps.Pairs)
        {
            if (!truth.TryGetValue(pair.Truth, out var real)
                || !predictions.TryGetValue(pair.Prediction, out var predicted)
                || real.IsCrowd
                || real.ClassId != predicted.ClassId)
            {
                continue;
            }

            var union = overlaps.TruthAreas[pair.Truth] + overlaps.PredictionAreas[pair.Prediction] - shared - overlaps[SegmentOverlaps.Void, pair.Prediction];
            var iou = (double)shared / union;
            if (iou > Half)
            {
                Add(classes, new ClassCounts(real.ClassId, iou, TruePositives: 1, FalsePositives: 0, FalseNegatives: 0));
                matchedTruth.Add(pair.Truth);
                matchedPredictions.Add(pair.Prediction);
            }
        }

        return (matchedTruth, matchedPredictions);
    }

    private static void CountMissed(IReadOnlyList<PanopticSegment> truth, HashSet<int> matched, SortedDictionary<int, ClassCounts> classes)
    {
        foreach (var segment in truth)
        {
            if (!segment.IsCrowd && !matched.Contains(segment.Id))
            {
                Add(classes, new ClassCounts(segment.ClassId, 0, TruePositives: 0, FalsePositives: 0, FalseNegatives: 1));
            }
        }
    }

    private static void CountWrong(
        IReadOnlyList<PanopticSegment> truth, IReadOnlyList<PanopticSegment> predictions, SegmentOverlaps overlaps, HashSet<int> matched, SortedDictionary<int, ClassCounts> classes)
    {
        // As in panopticapi, of several crowd regions of a class only the last excuses a prediction.
        var crowdOfClass = new Dictionary<int, int>();
        foreach (var segment in truth.Where(static segment => segment.IsCrowd))
        {
            crowdOfClass[segment.ClassId] = segment.Id;
        }

        foreach (var segment in predictions.Where(segment => !matched.Contains(segment.Id)))
        {
            var excused = overlaps[SegmentOverlaps.Void, segment.Id];
            if (crowdOfClass.TryGetValue(segment.ClassId, out var crowd))
            {
                excused += overlaps[crowd, segment.Id];
            }

            if ((double)excused / overlaps.PredictionAreas[segment.Id] <= Half)
            {
                Add(classes, new ClassCounts(segment.ClassId, 0, TruePositives: 0, FalsePositives: 1, FalseNegatives: 0));
            }
        }
    }

    private static void Add(SortedDictionary<int, ClassCounts> classes, ClassCounts counts) =>
        classes[counts.ClassId] = classes.TryGetValue(counts.ClassId, out var before) ? before + counts : counts;
}
