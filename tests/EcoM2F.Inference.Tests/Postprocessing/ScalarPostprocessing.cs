using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Postprocessing;

/// <summary>Panoptic and semantic by the letter: whole planes in double precision, two resizes, no vectors, no pruning.</summary>
internal sealed class ScalarPostprocessing
{
    private readonly QueryPredictions _predictions;
    private readonly ImageGeometry _geometry;
    private readonly bool _meta;
    private readonly double[][] _scores;

    public ScalarPostprocessing(QueryPredictions predictions, ImageGeometry geometry, bool meta)
    {
        (_predictions, _geometry, _meta) = (predictions, geometry, meta);
        _scores = [.. Enumerable.Range(0, predictions.Queries).Select(Softmax)];
    }

    private int Pixels => _geometry.Height * _geometry.Width;

    public int[] Panoptic(PostprocessingParameters parameters)
    {
        var classes = _predictions.Classes;
        var kept = Enumerable.Range(0, _predictions.Queries)
            .Select(q => (Query: q, Label: Array.IndexOf(_scores[q], _scores[q].Max()), Score: _scores[q].Max()))
            .Where(k => k.Label < classes && k.Score > parameters.ScoreThreshold).ToList();
        var masks = kept.ConvertAll(k => Probabilities(k.Query));
        var owner = Enumerable.Range(0, Pixels).Select(i => Enumerable.Range(0, kept.Count).MaxBy(k => kept[k].Score * masks[k][i])).ToArray();
        var ids = new int[Pixels];
        var next = 1;
        var stuff = new Dictionary<int, int>();
        for (var k = 0; k < kept.Count; k++)
        {
            bool InMask(int i) => (_meta ? masks[k][i] : kept[k].Score * masks[k][i]) >= parameters.MaskThreshold;
            var owned = owner.Count(o => o == k);
            var area = Enumerable.Range(0, Pixels).Count(InMask);
            var written = Enumerable.Range(0, Pixels).Where(i => owner[i] == k && (!_meta || InMask(i))).ToList();
            if (owned == 0 || area == 0 || written.Count == 0 || (double)owned / area < parameters.OverlapThreshold)
            {
                continue;
            }

            var isThing = parameters.Classes[kept[k].Label].Isthing;
            if (isThing || !stuff.TryGetValue(kept[k].Label, out var id))
            {
                id = next++;
                stuff[isThing ? -id : kept[k].Label] = id;
            }

            written.ForEach(i => ids[i] = id);
        }

        return ids;
    }

    /// <summary>Score times mask probability of each pixel's winner; 0 where the map is void.</summary>
    public double[] PanopticConfidence(PostprocessingParameters parameters)
    {
        var kept = _scores.Select(static (row, query) => (Query: query, Score: row.Max(), Label: Array.IndexOf(row, row.Max())))
            .Where(k => k.Label < _predictions.Classes && k.Score > parameters.ScoreThreshold).ToList();
        var masks = kept.ConvertAll(k => Probabilities(k.Query));
        return [.. Panoptic(parameters).Select((id, i) => id == 0 ? 0 : Enumerable.Range(0, kept.Count).Max(k => kept[k].Score * masks[k][i]))];
    }

    /// <summary>The winning class's sum, at most 1.</summary>
    public double[] SemanticConfidence()
    {
        var maps = ClassMaps();
        return [.. Enumerable.Range(0, Pixels).Select(i => Math.Min(1, maps.Max(map => map[i])))];
    }

    public int[] Semantic()
    {
        var maps = ClassMaps();
        return [.. Enumerable.Range(0, Pixels).Select(i => Enumerable.Range(0, maps.Length).MaxBy(label => maps[label][i]))];
    }

    private double[][] ClassMaps()
    {
        var maps = new double[_predictions.Classes][];
        var planes = Enumerable.Range(0, _predictions.Queries).Select(q => _meta ? Probabilities(q) : Grid(q)).ToList();
        for (var label = 0; label < maps.Length; label++)
        {
            var sum = new double[planes[0].Length];
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] = Enumerable.Range(0, planes.Count).Sum(q => _scores[q][label] * planes[q][i]);
            }

            maps[label] = _meta ? sum : Resize(sum, 384, 384, _geometry.Height, _geometry.Width);
        }

        return maps;
    }

    private double[] Probabilities(int query) => _meta
        ? Array.ConvertAll(
            Resize(
                Resize(Logits(query), _predictions.MaskHeight, _predictions.MaskWidth, _geometry.Input.Height, _geometry.Input.Width),
                _geometry.Input.Height,
                _geometry.Input.Width,
                _geometry.Height,
                _geometry.Width),
            Sigmoid)
        : Resize(Grid(query), 384, 384, _geometry.Height, _geometry.Width);

    private double[] Grid(int query) => Array.ConvertAll(Resize(Logits(query), _predictions.MaskHeight, _predictions.MaskWidth, 384, 384), Sigmoid);

    private double[] Logits(int query)
    {
        var length = _predictions.MaskHeight * _predictions.MaskWidth;
        return Array.ConvertAll(_predictions.MaskLogits.Span.Slice(query * length, length).ToArray(), v => (double)v);
    }

    private double[] Softmax(int query)
    {
        var row = _predictions.ClassLogits.Span.Slice(query * (_predictions.Classes + 1), _predictions.Classes + 1).ToArray();
        var exponentials = Array.ConvertAll(row, v => Math.Exp(v - row.Max()));
        return Array.ConvertAll(exponentials, v => v / exponentials.Sum());
    }

    private static double Sigmoid(double value) => 1 / (1 + Math.Exp(-value));

    /// <summary>Bilinear, align_corners=False.</summary>
    public static double[] Resize(double[] plane, int height, int width, int newHeight, int newWidth)
    {
        var result = new double[newHeight * newWidth];
        for (var i = 0; i < result.Length; i++)
        {
            var (y0, y1, fy) = Position(i / newWidth, height, newHeight);
            var (x0, x1, fx) = Position(i % newWidth, width, newWidth);
            var top = (plane[(y0 * width) + x0] * (1 - fx)) + (plane[(y0 * width) + x1] * fx);
            var bottom = (plane[(y1 * width) + x0] * (1 - fx)) + (plane[(y1 * width) + x1] * fx);
            result[i] = (top * (1 - fy)) + (bottom * fy);
        }

        return result;

        static (int Low, int High, double Fraction) Position(int target, int length, int newLength)
        {
            var position = Math.Max(0, ((target + 0.5) * length / newLength) - 0.5);
            var low = Math.Min((int)position, length - 1);
            return (low, Math.Min(low + 1, length - 1), position - low);
        }
    }
}
