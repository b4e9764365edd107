namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>Place of a panel, in columns and rows of the grid.</summary>
internal sealed record GridPosition(int X, int Y, int W, int H)
{
    public const int Columns = 24;

    public bool Overlaps(GridPosition other) =>
        X < other.X + other.W && other.X < X + W && Y < other.Y + other.H && other.Y < Y + H;
}
