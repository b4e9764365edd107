using System.Globalization;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>A way to choose the encoder's depth.</summary>
/// <param name="Kind">How.</param>
/// <param name="Profile">The gate that chooses, or whose depths are assigned at random; null for the others.</param>
/// <param name="Number">Exit, PQ points per layer, or similarity; null where there is none.</param>
public sealed record Policy(PolicyKind Kind, string? Profile = null, double? Number = null)
{
    /// <summary>As the command line has it.</summary>
    public string Name => (Profile, Number) switch
    {
        ({ } profile, _) => $"{Word}:{profile}",
        (_, { } number) => $"{Word}:{number.ToString("0.######", CultureInfo.InvariantCulture)}",
        _ => Word,
    };

    /// <summary>Whether a gate of the model chooses, whose time counts.</summary>
    public bool AsksGate => Kind is PolicyKind.Gate or PolicyKind.Utility;

    private string Word => Kind.ToString().ToLowerInvariant();
}

/// <summary>How a policy chooses.</summary>
public enum PolicyKind
{
    /// <summary>Always the same exit.</summary>
    Static,

    /// <summary>A classifier of the model.</summary>
    Gate,

    /// <summary>The model's utility gate at a price.</summary>
    Utility,

    /// <summary>The best exit of each image, known afterwards: fits noise too.</summary>
    Oracle,

    /// <summary>A gate's own depths, assigned to images at random.</summary>
    Random,

    /// <summary>The best exit of each image's mirror image: what there is to learn.</summary>
    Mirror,

    /// <summary>After the first layer that changes little (MuE, arXiv 2211.11152).</summary>
    Saturation,
}
