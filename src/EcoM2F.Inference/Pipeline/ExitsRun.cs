using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;

namespace EcoM2F.Inference.Pipeline;

/// <summary>What a model gave for one image at every exit. Owns the logits, in rented buffers.</summary>
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

    /// <summary>What gates read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>Scores by exit, by profile; empty unless asked for.</summary>
    public required IReadOnlyDictionary<string, float[]> Gates { get; init; }

    /// <summary>
    /// By exit: mean over the tokens of the cosine similarity between what the encoder gives there and at the exit before (for the
    /// first: what went into the encoder). Empty unless asked for.
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
