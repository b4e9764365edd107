namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>What the blocks of one stage of a Swin Transformer have in common.</summary>
internal sealed record SwinBlockSize
{
    public required int Width { get; init; }

    public required int Heads { get; init; }

    /// <summary>Tokens along a window's side.</summary>
    public required int Window { get; init; }

    public required int Feedforward { get; init; }

    public required bool QkvBias { get; init; }

    public required float Epsilon { get; init; }

    public int HeadWidth => Width / Heads;

    public int WindowTokens => Window * Window;
}
