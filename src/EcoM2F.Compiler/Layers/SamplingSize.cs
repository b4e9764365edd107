namespace EcoM2F.Compiler.Layers;

/// <param name="Width">d, channels of tokens and queries.</param>
/// <param name="Points">Samples of a head per level.</param>
internal readonly record struct SamplingSize(int Width, int Heads, int Levels, int Points)
{
    public int PerHead => Levels * Points;

    public int Samples => Heads * PerHead;
}
