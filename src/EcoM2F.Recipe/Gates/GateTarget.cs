using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Gates;

/// <summary>How the price of a layer is given.</summary>
public enum GateTargetKind
{
    /// <summary>PQ points per layer.</summary>
    Beta,

    /// <summary>Mean number of encoder layers.</summary>
    Depth,

    /// <summary>PQ points that may be lost against the deepest exit at the own size.</summary>
    QualityLoss,

    /// <summary>Mean GMACs of the whole model, the probe included.</summary>
    Gmacs,

    /// <summary>The same as a share of the mean GMACs of the deepest exit at the own size.</summary>
    GmacsShare,
}

/// <summary>A price, or what it is to lead to.</summary>
public readonly record struct GateTarget(GateTargetKind Kind, double Value)
{
    /// <summary>Share by which mean GMACs may miss their target.</summary>
    public const double GmacsTolerance = 0.03;

    /// <summary>Whether, of GMACs that no price leads to, the nearest that can be reached will do; otherwise they are an error.</summary>
    public bool Nearest { get; init; }

    /// <exception cref="RecipeException">A mean depth that no choice of the model's exits can have.</exception>
    public void Check(ModelManifest model)
    {
        if (Kind == GateTargetKind.Depth && (Value < model.Exits[0] || Value > model.MaxDepth))
        {
            throw new RecipeException(FormattableString.Invariant($"--target-depth is {Value}; the model's exits are {string.Join(", ", model.Exits)}."));
        }
    }
}
