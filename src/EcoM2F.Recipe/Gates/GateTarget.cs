namespace EcoM2F.Recipe.Gates;

/// <summary>How the price of a layer is given.</summary>
public enum GateTargetKind
{
    /// <summary>PQ points per layer.</summary>
    Beta,

    /// <summary>Mean number of encoder layers.</summary>
    Depth,

    /// <summary>PQ points that may be lost against the deepest exit.</summary>
    QualityLoss,
}

/// <summary>A price, or what it is to lead to.</summary>
public readonly record struct GateTarget(GateTargetKind Kind, double Value)
{
    /// <summary>The largest beta; the largest that a request may ask for.</summary>
    public const double MaxBeta = 100;
}
