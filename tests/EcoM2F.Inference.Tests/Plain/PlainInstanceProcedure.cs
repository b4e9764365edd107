using System.Buffers;
using System.Numerics.Tensors;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Instance segmentation by both procedures: the best pairs of query and class; a mask is where the probability is above the
/// mask threshold (0.5 in both originals); the score is the class score times the mean probability inside the mask.
/// </summary>
/// <remarks>
/// <c>meta</c> takes the 100 best pairs, then things only, and works at the original size. <c>hf</c> takes as many pairs as
/// there are queries, of all classes, works on its grid, leaves out empty masks and enlarges the masks by nearest neighbour; it
/// paints them into one map, one over the other, where this gives each its whole mask.
/// </remarks>
internal static class PlainInstanceProcedure
{
    private const int BandRows = 64;

    /// <summary>Guards the mean of an empty mask, as both originals do.</summary>
    private const double Epsilon = 1e-6;

    public static IReadOnlyList<InstanceSegment> Run(
        QueryPredictions predictions, PlainClassScores scores, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        var pairs = scores.Best(parameters.IsMeta ? parameters.InstanceLimit : scores.Queries);

        // A mean probability is at most 1, so a class score below the threshold cannot make it.
        pairs.RemoveAll(pair => pair.Score < parameters.InstanceScoreThreshold
            || !parameters.Keeps(pair.Label)
            || (parameters.IsMeta && !parameters.Classes[pair.Label].Isthing));
        using var grid = parameters.IsMeta ? null : new PlainHuggingFaceGrid(predictions);
        using var masks = grid is null ? PlainMaskPostprocessor.LogitsAtOriginalSize(predictions, geometry, BandRows) : null;
        var result = new List<InstanceSegment>();
        foreach (var group in pairs.GroupBy(static pair => pair.Query))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var mask = masks is not null
                ? MaskAtOriginalSize(masks, group.Key, parameters, cancellationToken)
                : MaskOnGrid(grid!, group.Key, geometry, parameters);
            AddInstances(result, group, mask, parameters);
        }

        result.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.CategoryId.CompareTo(b.CategoryId));
        return result;
    }

    private static void AddInstances(List<InstanceSegment> result, IEnumerable<PlainScoredQuery> pairs, QueryMask mask, PostprocessingParameters parameters)
    {
        if (mask.Runs.Area == 0 && (!parameters.IsMeta || parameters.InstanceScoreThreshold > 0))
        {
            return;
        }

        CocoRle? rle = null;
        foreach (var pair in pairs)
        {
            var score = pair.Score * (float)mask.MeanProbability;
            if (score >= parameters.InstanceScoreThreshold)
            {
                rle ??= mask.Runs.ToRle();
                result.Add(new InstanceSegment(pair.Label, score, mask.Runs.Area, mask.Runs.Box, rle));
            }
        }
    }

    private static QueryMask MaskAtOriginalSize(PlainBandResampler masks, int query, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        using var rows = new MaskRows(masks.Width, parameters.MaskThreshold);
        using var builder = new PlainMaskRunBuilder(masks.Height, masks.Width);
        for (var top = 0; top < masks.Height; top += masks.BandRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bottom = Math.Min(top + masks.BandRows, masks.Height);
            masks.Load(query, top, bottom);
            for (var y = top; y < bottom; y++)
            {
                masks.Row(y, rows.Logits);
                rows.Apply();
                builder.AddRow(rows.Mask);
            }
        }

        return new QueryMask(builder.ToRuns(), rows.MeanProbability(Epsilon));
    }

    private static QueryMask MaskOnGrid(PlainHuggingFaceGrid grid, int query, ImageGeometry geometry, PostprocessingParameters parameters)
    {
        var (height, width) = (geometry.Height, geometry.Width);
        using var rows = new MaskRows(PlainHuggingFaceGrid.Size, parameters.MaskThreshold);
        using var builder = new PlainMaskRunBuilder(height, width);
        var enlarged = new byte[width];
        var y = 0;
        for (var gridRow = 0; gridRow < PlainHuggingFaceGrid.Size; gridRow++)
        {
            grid.LogitRow(query, gridRow, rows.Logits);
            rows.Apply();
            if (y < height && NearestSource(y, height) == gridRow)
            {
                for (var x = 0; x < width; x++)
                {
                    enlarged[x] = rows.Mask[NearestSource(x, width)];
                }
            }

            for (; y < height && NearestSource(y, height) == gridRow; y++)
            {
                builder.AddRow(enlarged);
            }
        }

        return new QueryMask(builder.ToRuns(), rows.MeanProbability(Epsilon));
    }

    /// <summary>PyTorch's <c>mode="nearest"</c>: rounds down, in single precision.</summary>
    private static int NearestSource(int target, int length) =>
        Math.Min((int)(target * ((float)PlainHuggingFaceGrid.Size / length)), PlainHuggingFaceGrid.Size - 1);

    private readonly record struct QueryMask(PlainMaskRuns Runs, double MeanProbability);

    /// <summary>Thresholds rows of logits and gathers the mean probability inside. Owns rented buffers.</summary>
    private sealed class MaskRows(int width, float maskThreshold) : IDisposable
    {
        private readonly float[] _logits = ArrayPool<float>.Shared.Rent(width);
        private readonly byte[] _mask = ArrayPool<byte>.Shared.Rent(width);
        private readonly float _threshold = PlainRowKernels.Logit(maskThreshold);
        private double _sum;
        private long _count;

        /// <summary>Where the next row goes; overwritten by <see cref="Apply"/>.</summary>
        public Span<float> Logits => _logits.AsSpan(0, width);

        public Span<byte> Mask => _mask.AsSpan(0, width);

        public void Apply()
        {
            var inside = PlainRowKernels.Threshold(Logits, _threshold, Mask);
            if (inside > 0)
            {
                TensorPrimitives.Sigmoid(Logits, Logits);
                _sum += PlainRowKernels.SumInside(Logits, Mask);
                _count += inside;
            }
        }

        public double MeanProbability(double epsilon) => _sum / (_count + epsilon);

        public void Dispose()
        {
            ArrayPool<float>.Shared.Return(_logits);
            ArrayPool<byte>.Shared.Return(_mask);
        }
    }
}
