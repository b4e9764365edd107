namespace EcoM2F.Inference.Models;

/// <summary>What a graph entry's <c>stage</c> may say. A manifest may have others, which this version does not load.</summary>
public static class GraphStages
{
    public const string Stem = "stem";

    /// <summary>The first layers, one graph for each exit.</summary>
    public const string Encoder = "encoder";

    /// <summary>Every exit in one pass.</summary>
    public const string EncoderExits = "encoder-exits";

    /// <summary>One graph for the whole decoder, and one for each decoder exit below that.</summary>
    public const string Decoder = "decoder";

    /// <summary>Those that every model has.</summary>
    public static IReadOnlyList<string> Required { get; } = [Stem, Encoder, EncoderExits, Decoder];
}
