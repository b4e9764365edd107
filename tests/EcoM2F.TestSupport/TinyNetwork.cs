namespace EcoM2F.TestSupport;

/// <summary>What <see cref="TinyCheckpoint"/> may have otherwise than by default.</summary>
public sealed record TinyNetwork
{
    /// <summary>Of the weights.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Encoder layers.</summary>
    public int Exits { get; init; } = 3;

    /// <summary>As Hugging Face counts: one more than there are of masked attention.</summary>
    public int DecoderLayers { get; init; } = TinyCheckpoint.DecoderLayers;

    /// <summary>Whether it has gates: fast, balanced, best and utility.</summary>
    public bool Gates { get; init; } = true;

    public int ShortestEdge { get; init; } = 64;

    public int LongestEdge { get; init; } = 96;

    public double ScoreThreshold { get; init; } = 0.3;
}
