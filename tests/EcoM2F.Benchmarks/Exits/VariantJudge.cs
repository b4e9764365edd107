using System.Numerics.Tensors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Adapters;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>An exit with a variant's map; without one as its layers give it.</summary>
/// <param name="Variant">Null for no map.</param>
internal sealed record VariantPoint(int Exit, MapVariant? Variant, FeatureMap? Map);

/// <summary>What points gave on some images.</summary>
/// <param name="Counts">By image, of each point; the deepest exit's last.</param>
/// <param name="SquaredErrors">By point, against the tokens after the last layer.</param>
internal sealed record VariantScores(IReadOnlyList<ImageCounts[]> Counts, double[] SquaredErrors);

/// <summary>Runs the decoder on what variants make of images' tokens, and scores the results.</summary>
internal sealed class VariantJudge(ExitsEngine engine, LastLayer lastLayer, IReadOnlyList<VariantPoint> points)
{
    private readonly SegmentationTasks _needs = Agreement.Of(engine.Model).Needs;

    /// <param name="scorer">Of an image, given its place and the result at the deepest exit.</param>
    public async Task<VariantScores> RunAsync(IReadOnlyList<string> images, Func<int, SegmentationResult, Func<SegmentationResult, ImageCounts>> scorer)
    {
        var (counts, errors) = (new List<ImageCounts[]>(), new double[points.Count]);
        await EncodedPhotos.ForEachAsync(
            engine,
            images,
            async (photo, encoded) =>
            {
                var tokens = Tokens(encoded);
                for (var i = 0; i < errors.Length; i++)
                {
                    var distance = TensorPrimitives.Distance(tokens[i] ?? encoded.Tokens(points[i].Exit), encoded.Tokens(engine.Model.MaxDepth));
                    errors[i] += (double)distance * distance;
                }

                using var run = await engine.DecodeAsync(photo.Prepared, encoded, [.. points.Select((point, i) => (point.Exit, tokens[i])), (engine.Model.MaxDepth, null)], CancellationToken.None);
                var results = new SegmentationResult[run.Points.Count];
                Parallel.For(0, results.Length, i => results[i] = engine.ToResult(run, i, _needs, CancellationToken.None));
                var score = scorer(counts.Count, results[^1]);
                counts.Add([.. results.AsParallel().AsOrdered().Select(score)]);
            },
            CancellationToken.None);
        return new VariantScores(counts, errors);
    }

    private float[]?[] Tokens(EncodedImage encoded)
    {
        var grids = LevelGrid.Of(encoded);
        var features = engine.Model.Exits.SkipLast(1).ToDictionary(static exit => exit, exit => TokenFeatures.Of(encoded, exit, grids));
        var tokens = new float[]?[points.Count];
        Parallel.For(0, tokens.Length, i => tokens[i] = points[i].Map?.Apply(features[points[i].Exit], grids));
        for (var i = 0; i < tokens.Length; i++)
        {
            if (points[i].Variant is { ThenLastLayer: true })
            {
                tokens[i] = lastLayer.Run(encoded, tokens[i]!);
            }
        }

        return tokens;
    }
}
