using EcoM2F.Inference.Compute;

namespace EcoM2F.Recipe.Derive;

/// <summary>What the stages of one image took, while other images were decoded and scored beside it.</summary>
/// <param name="Gate">One gate; 0 where none was asked.</param>
/// <param name="Encoder">All layers; each takes the same part of it.</param>
/// <param name="Decoder">By exit.</param>
/// <param name="Mask">By exit.</param>
internal sealed record StageMilliseconds(double Decode, double Stem, double Gate, double Encoder, double[] Decoder, double[] Mask)
{
    /// <summary>An image's whole way with so many layers.</summary>
    /// <param name="exit">Index of the exit.</param>
    /// <param name="exits">Depths.</param>
    /// <param name="gate">Whether a gate chose.</param>
    public double At(int exit, IReadOnlyList<int> exits, bool gate) =>
        Decode + Stem + (gate ? Gate : 0) + (Encoder * exits[exit] / exits[^1]) + Decoder[exit] + Mask[exit];

    /// <summary>By stage, as a derived row has them: the encoder at full depth, decoder and masks as the mean of the exits.</summary>
    public IReadOnlyDictionary<string, double> ByStage() => new Dictionary<string, double>
    {
        [Stage.Decode.ToName()] = Round(Decode),
        [Stage.Stem.ToName()] = Round(Stem),
        [Stage.Encoder.ToName()] = Round(Encoder),
        [Stage.Decoder.ToName()] = Round(Decoder.Average()),
        [Stage.Mask.ToName()] = Round(Mask.Average()),
    };

    private static double Round(double milliseconds) => Math.Round(milliseconds, 3);
}
