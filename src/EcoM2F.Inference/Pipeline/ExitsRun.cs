using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;

namespace EcoM2F.Inference.Pipeline;

/// <summary>A model's outputs for one image at every exit. Owns the logits, in rented buffers.</summary>
public sealed class ExitsRun : IDisposable
{
    private readonly ModelOutput[] _exits;

    internal ExitsRun(PreparedImage image, ModelOutput[] exits)
    {
        (Width, Height, _exits) = (image.Width, image.Height, exits);
        Points = [.. exits.Select(static exit => exit.Decision.Point)];
    }

    /// <summary>Pixels of the image itself, upright.</summary>
    public int Width { get; }

    /// <inheritdoc cref="Width"/>
    public int Height { get; }

    /// <summary>The image's input at every exit, shallow first.</summary>
    public IReadOnlyList<ComputePoint> Points { get; }

    /// <summary>The pooled feature that gates read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>Each profile's scores, one per exit; empty unless requested.</summary>
    public required IReadOnlyDictionary<string, float[]> Gates { get; init; }

    /// <summary>
    /// By exit: cosine similarity, averaged over the tokens, between the encoder's outputs at this exit and at the previous one (for the
    /// first exit: the encoder's input). Empty unless requested.
    /// </summary>
    public required double[] Similarities { get; init; }

    /// <summary>
    /// By exit: everything before masks, as if the image had gone this way alone. Gate: one of them, null where none was asked. Encoder: the
    /// layers up to the exit, each the same part of what all of them took.
    /// </summary>
    public required IReadOnlyList<StageTimes> Times { get; init; }

    /// <param name="exit">Index of the exit.</param>
    internal ModelOutput this[int exit] => _exits[exit];

    public void Dispose() => Array.ForEach(_exits, static exit => exit.Dispose());
}
