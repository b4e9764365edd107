using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Pipeline;

/// <summary>A model's outputs for one image at every exit. Owns the logits, in rented buffers.</summary>
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

    /// <summary>The pooled feature that gates read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>Each profile's scores, one per exit; empty unless requested.</summary>
    public required IReadOnlyDictionary<string, float[]> Gates { get; init; }

    /// <summary>
    /// By exit: cosine similarity, averaged over the tokens, between the encoder's outputs at this exit and at the previous one (for the
    /// first exit: the encoder's input). Empty unless requested.
    /// </summary>
    public required double[] Similarities { get; init; }

    /// <summary>Time of the stem.</summary>
    public required TimeSpan Stem { get; init; }

    /// <summary>Mean time of one gate; zero if none ran.</summary>
    public required TimeSpan Gate { get; init; }

    /// <summary>Time of all encoder layers.</summary>
    public required TimeSpan Encoder { get; init; }

    /// <summary>Time of the decoder, by exit.</summary>
    public required TimeSpan[] Decoder { get; init; }

    /// <param name="exit">Index of the exit.</param>
    internal ModelOutput this[int exit] => _exits[exit];

    public void Dispose() => Array.ForEach(_exits, static exit => exit.Dispose());
}
