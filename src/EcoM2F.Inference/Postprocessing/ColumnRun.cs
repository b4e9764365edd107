namespace EcoM2F.Inference.Postprocessing;

/// <summary>Pixels of one column, from <paramref name="Top"/> to before <paramref name="Bottom"/>.</summary>
internal readonly record struct ColumnRun(int X, int Top, int Bottom)
{
    public int Length => Bottom - Top;
}
