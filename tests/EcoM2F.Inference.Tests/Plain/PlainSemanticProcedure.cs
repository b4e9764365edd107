using System.Buffers;
using System.Numerics.Tensors;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Semantic segmentation by both procedures: class probabilities times mask probabilities, summed over queries; the highest
/// sum wins. <c>meta</c> sums at the original size, <c>hf</c> on its grid and resizes the sums. A segment's score is the mean
/// of its class's sum over its pixels, at most 1.
/// </summary>
internal static class PlainSemanticProcedure
{
    /// <summary>Pixels per band of <c>meta</c>, which holds a mask probability for each and every query: 4 MB at 64 queries.</summary>
    private const int BandPixels = 16_384;

    /// <summary>Values summed at a time, so that those of all queries stay in the second-level cache.</summary>
    private const int Stretch = 512;

    private const int GridBandRows = 64;

    public static SemanticSegmentation Run(
        QueryPredictions predictions, PlainClassScores scores, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        var weights = new PlainClassWeights(scores);
        var labels = new int[geometry.Height * geometry.Width];
        var sums = new double[scores.Classes];
        if (parameters.IsMeta)
        {
            SumAtOriginalSize(predictions, weights, geometry, labels, sums, cancellationToken);
        }
        else
        {
            SumOnGrid(predictions, weights, geometry, labels, sums, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return PlainSegmentMaps.ToSemantic(labels, geometry, sums, parameters);
    }

    private static void SumAtOriginalSize(
        QueryPredictions predictions, PlainClassWeights weights, ImageGeometry geometry, int[] labels, double[] sums, CancellationToken cancellationToken)
    {
        using var masks = PlainMaskPostprocessor.LogitsAtOriginalSize(predictions, geometry, Math.Max(4, BandPixels / geometry.Width));
        var width = masks.Width;
        var bandLength = masks.BandRows * width;
        var probabilities = ArrayPool<float>.Shared.Rent(weights.Queries.Count * bandLength); // [query, band]
        var best = ArrayPool<float>.Shared.Rent(bandLength);
        try
        {
            for (var top = 0; top < masks.Height; top += masks.BandRows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var bottom = Math.Min(top + masks.BandRows, masks.Height);
                var length = (bottom - top) * width;
                for (var slot = 0; slot < weights.Queries.Count; slot++)
                {
                    masks.Load(weights.Queries[slot], top, bottom);
                    var plane = probabilities.AsSpan(slot * bandLength, length);
                    for (var y = top; y < bottom; y++)
                    {
                        masks.Row(y, plane.Slice((y - top) * width, width));
                    }

                    TensorPrimitives.Sigmoid(plane, plane);
                }

                var band = labels.AsSpan(top * width, length);
                Classify(weights, probabilities, bandLength, best.AsSpan(0, length), band);
                AddScores(best.AsSpan(0, length), band, sums);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(probabilities);
            ArrayPool<float>.Shared.Return(best);
        }
    }

    private static void Classify(PlainClassWeights weights, ReadOnlySpan<float> probabilities, int stride, Span<float> best, Span<int> labels)
    {
        Span<float> sum = stackalloc float[Stretch];
        best.Fill(-1);
        for (var start = 0; start < best.Length; start += Stretch)
        {
            var length = Math.Min(Stretch, best.Length - start);
            for (var label = 0; label < weights.Classes; label++)
            {
                weights.Sum(label, probabilities, stride, start, sum[..length]);
                PlainRowKernels.TakeMaximum(sum[..length], label, best.Slice(start, length), labels.Slice(start, length));
            }
        }
    }

    private static void SumOnGrid(
        QueryPredictions predictions, PlainClassWeights weights, ImageGeometry geometry, int[] labels, double[] sums, CancellationToken cancellationToken)
    {
        using var grid = new PlainHuggingFaceGrid(predictions);
        using var classes = PlainMaskPostprocessor.AtOriginalSize(new PlainGridClassRows(grid, weights), geometry, GridBandRows);
        var width = classes.Width;
        var best = ArrayPool<float>.Shared.Rent(classes.BandRows * width);
        var row = ArrayPool<float>.Shared.Rent(width);
        try
        {
            for (var top = 0; top < classes.Height; top += classes.BandRows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var bottom = Math.Min(top + classes.BandRows, classes.Height);
                classes.BeginBand(top, bottom);
                best.AsSpan().Fill(-1);
                for (var label = 0; label < weights.Classes; label++)
                {
                    classes.Load(label, top, bottom);
                    for (var y = top; y < bottom; y++)
                    {
                        classes.Row(y, row.AsSpan(0, width));
                        PlainRowKernels.TakeMaximum(row.AsSpan(0, width), label, best.AsSpan((y - top) * width, width), labels.AsSpan(y * width, width));
                    }
                }

                AddScores(best.AsSpan(0, (bottom - top) * width), labels.AsSpan(top * width, (bottom - top) * width), sums);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(best);
            ArrayPool<float>.Shared.Return(row);
        }
    }

    private static void AddScores(ReadOnlySpan<float> values, ReadOnlySpan<int> labels, double[] sums)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            sums[labels[i]] += values[i];
        }
    }
}
