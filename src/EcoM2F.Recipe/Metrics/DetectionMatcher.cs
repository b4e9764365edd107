namespace EcoM2F.Recipe.Metrics;

/// <summary>Matches an image's detections to its objects as pycocotools' COCOeval does, crowds and area ranges included. Stateless.</summary>
internal static class DetectionMatcher
{
    /// <summary>An IoU of 1 must pass a threshold of 1 in spite of rounding; COCOeval's own number.</summary>
    private const double AlmostOne = 1 - 1e-10;

    /// <exception cref="RecipeException">A score is not a number, or masks have different sizes or are missing.</exception>
    public static ImageMatches Match(IReadOnlyList<TruthObject> truth, IReadOnlyList<Detection> detections, OverlapKind kind)
    {
        if (detections.FirstOrDefault(static detection => !double.IsFinite(detection.Score)) is { } wrong)
        {
            throw new RecipeException($"A detection's score is {wrong.Score}; allowed are finite numbers.");
        }

        var truthOfClass = truth.ToLookup(static item => item.ClassId);
        var detectionsOfClass = detections.ToLookup(static item => item.ClassId);
        var classes = truthOfClass.Select(static group => group.Key).Union(detectionsOfClass.Select(static group => group.Key)).Order();
        return new ImageMatches([.. classes.Select(id => MatchClass(
            id,
            [.. truthOfClass[id]],
            [.. detectionsOfClass[id].OrderByDescending(static item => item.Score).Take(CocoParameters.MaxDetections)],
            kind))]);
    }

    private static ClassMatches MatchClass(int id, TruthObject[] truth, Detection[] detections, OverlapKind kind)
    {
        var overlaps = ObjectOverlaps.Of(detections, truth, kind);
        var matched = new ulong[detections.Length];
        var ignored = new ulong[detections.Length];
        var positives = new int[CocoParameters.Areas];
        for (var area = 0; area < CocoParameters.Areas; area++)
        {
            var objects = new ObjectsInRange(truth, area);
            positives[area] = objects.Positives;
            for (var threshold = 0; threshold < CocoParameters.Thresholds.Length; threshold++)
            {
                var bit = CocoParameters.Bit(area, threshold);
                objects.Release();
                for (var d = 0; d < detections.Length; d++)
                {
                    var found = objects.Take(overlaps, d, Math.Min(CocoParameters.Thresholds[threshold], AlmostOne));
                    matched[d] |= found >= 0 ? bit : 0;
                    ignored[d] |= (found >= 0 ? objects.IsIgnored(found) : CocoParameters.IsOutside(area, detections[d].Area)) ? bit : 0;
                }
            }
        }

        return new ClassMatches(id, positives, [.. detections.Select((item, d) => new MatchedDetection(item.Score, matched[d], ignored[d]))]);
    }

    /// <summary>One class's objects as an area range sees them: those to be found first, then those to be ignored.</summary>
    private sealed class ObjectsInRange
    {
        private readonly TruthObject[] _truth;
        private readonly bool[] _ignored;
        private readonly bool[] _taken;
        private readonly int[] _order;

        public ObjectsInRange(TruthObject[] truth, int area)
        {
            _truth = truth;
            _taken = new bool[truth.Length];
            _ignored = Array.ConvertAll(truth, item => item.IsCrowd || CocoParameters.IsOutside(area, item.Area));
            _order = [.. Enumerable.Range(0, truth.Length).OrderBy(i => _ignored[i])];
            Positives = _ignored.Count(static ignored => !ignored);
        }

        public int Positives { get; }

        public bool IsIgnored(int index) => _ignored[index];

        public void Release() => Array.Clear(_taken);

        /// <summary>The free object with the highest IoU, of equals the last; one to be ignored only where no other reaches the threshold.</summary>
        /// <returns>-1 where none reaches it. A crowd may be taken many times.</returns>
        public int Take(double[,] overlaps, int detection, double threshold)
        {
            var best = -1;
            foreach (var i in _order)
            {
                if (_taken[i] && !_truth[i].IsCrowd)
                {
                    continue;
                }

                if (best >= 0 && !_ignored[best] && _ignored[i])
                {
                    break;
                }

                if (overlaps[detection, i] >= threshold)
                {
                    (threshold, best) = (overlaps[detection, i], i);
                }
            }

            if (best >= 0)
            {
                _taken[best] = true;
            }

            return best;
        }
    }
}
