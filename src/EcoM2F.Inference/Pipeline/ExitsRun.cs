using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Pipeline;

/// <summary>What a model gave for one image at every exit. Owns the logits, in rented buffers.</summary>
public sealed class ExitsRun : IDisposable
{
    private readonly ModelOutput[] _exits;

    internal ExitsRun(PreparedImage image, ModelOutput[] exits)
    {
        (Width, Height, Input) = (image.Width, image.Height, image.Tensor.Size);
        _exits = exits;
    }

    /// <summary>Pixels of the image itself, upright.</summary>
    public int Width { get; }

    /// <inheritdoc cref="Width"/>
    public int Height { get; }

    /// <summary>Pixels of the model's input.</summary>
    public InputSize Input { get; }

    /// <summary>What gates read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>Scores by exit, by profile; empty unless asked for.</summary>
    public required IReadOnlyDictionary<string, float[]> Gates { get; init; }

    /// <summary>
    /// By exit: mean over the tokens of the cosine similarity between what the encoder gives there and at the exit before (for the
    /// first: what went into the encoder). Empty unless asked for.
    /// </summary>
    public required double[] Similarities { get; init; }

    public required TimeSpan Stem { get; init; }

    /// <summary>One gate; zero where none was asked.</summary>
    public required TimeSpan Gate { get; init; }

    /// <summary>All layers.</summary>
    public required TimeSpan Encoder { get; init; }

    /// <summary>By exit.</summary>
    public required TimeSpan[] Decoder { get; init; }

    /// <param name="exit">Index of the exit.</param>
    internal ModelOutput this[int exit] => _exits[exit];

    public void Dispose() => Array.ForEach(_exits, static exit => exit.Dispose());
}
