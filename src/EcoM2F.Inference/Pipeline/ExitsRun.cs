using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// A model's outputs for one image at every compute point, in the order of <see cref="Models.ModelManifest.Points"/>. Owns the logits, in rented
/// buffers.
/// </summary>
public sealed class ExitsRun : IDisposable
{
    private readonly ModelOutput[] _points;

    internal ExitsRun(PreparedImage image, ModelOutput[] points)
    {
        (Width, Height, _points) = (image.Width, image.Height, points);
        Points = [.. points.Select(static output => output.Decision.Point)];
    }

    /// <summary>Pixels of the image itself, upright.</summary>
    public int Width { get; }

    /// <inheritdoc cref="Width"/>
    public int Height { get; }

    /// <summary>What the image ran at, in the order of the outputs.</summary>
    public IReadOnlyList<ComputePoint> Points { get; }

    /// <summary>The pooled feature of the smallest size, which gates over points read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>
    /// Each profile's scores: one for each of its <see cref="Models.GateProfile.Points"/>, by the feature of the smallest size; without these one
    /// for each exit, by the feature of the own size. Empty unless requested.
    /// </summary>
    public required IReadOnlyDictionary<string, float[]> Gates { get; init; }

    /// <summary>
    /// By point: cosine similarity, averaged over the tokens, between the encoder's outputs at this exit and at the previous one of the same size
    /// (for the first exit: the encoder's input). Empty unless requested.
    /// </summary>
    public required double[] Similarities { get; init; }

    /// <summary>
    /// By point: everything before masks, as if the image had gone this way alone, without a probe. Gate: one of them, null where none was
    /// asked. Encoder: the layers up to the exit, each the same part of what all of them took.
    /// </summary>
    public required IReadOnlyList<StageTimes> Times { get; init; }

    /// <summary>
    /// What a gate over points takes before it can choose, on top of <see cref="Times"/> at every size but the smallest: resizing and stem of
    /// that. Null where there is one size.
    /// </summary>
    public StageTimes? Probe { get; init; }

    /// <param name="point">Index of the point.</param>
    internal ModelOutput this[int point] => _points[point];

    public void Dispose() => Array.ForEach(_points, static output => output.Dispose());
}
