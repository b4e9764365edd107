using System.Globalization;
using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>A way to choose the encoder's depth, and the input's size and the decoder's depth where there are several.</summary>
/// <param name="Kind">How.</param>
/// <param name="Profile">The gate that chooses, or whose depths are assigned at random; null for the others.</param>
/// <param name="Number">Exit, PQ points per layer, or similarity; null where there is none.</param>
/// <param name="Size">Of a static policy the shortest edge; null: the model's own size.</param>
/// <param name="DecoderDepth">Of a static policy the decoder exit; null: the whole decoder.</param>
/// <param name="Unguarded">Whether a gate decides even where its guard would not let it.</param>
public sealed record Policy(PolicyKind Kind, string? Profile = null, double? Number = null, int? Size = null, int? DecoderDepth = null, bool Unguarded = false)
{
    /// <summary>What ends the name of a gate without its guard.</summary>
    public const string UnguardedSuffix = "/unguarded";

    /// <summary>As the command line has it.</summary>
    public string Name => (Profile, Number) switch
    {
        ({ } profile, _) => $"{Word}:{profile}{Suffix}",
        (_, { } number) => $"{Word}:{(Size is { } size ? FormattableString.Invariant($"{size}/") : "")}{number.ToString("0.######", CultureInfo.InvariantCulture)}{(DecoderDepth is { } decoder ? FormattableString.Invariant($"/{decoder}") : "")}{Suffix}",
        _ => Word,
    };

    /// <summary>Whether a gate of the model chooses, whose time counts.</summary>
    public bool AsksGate => Kind is PolicyKind.Gate or PolicyKind.Utility or PolicyKind.DepthOnly or PolicyKind.SizeOnly;

    /// <summary>What a static policy chooses for every image.</summary>
    internal GatePoint PointOf(ModelManifest model) => new(Size ?? model.OwnSize, (int)Number!.Value, DecoderDepth ?? model.MaxDecoderDepth);

    private string Word => Kind switch
    {
        PolicyKind.DepthOnly => "depth-only",
        PolicyKind.SizeOnly => "size-only",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    private string Suffix => Unguarded ? UnguardedSuffix : "";
}

/// <summary>How a policy chooses.</summary>
public enum PolicyKind
{
    /// <summary>Always the same exit, at one size.</summary>
    Static,

    /// <summary>A classifier of the model.</summary>
    Gate,

    /// <summary>The model's utility gate at a price.</summary>
    Utility,

    /// <summary>The model's utility gate at a price, with the size of the best fixed point for all images.</summary>
    DepthOnly,

    /// <summary>The model's utility gate at a price, with the depth of the best fixed point for all images.</summary>
    SizeOnly,

    /// <summary>The best point of each image, known afterwards: fits noise too.</summary>
    Oracle,

    /// <summary>A gate's own points, assigned to images at random.</summary>
    Random,

    /// <summary>The best point of each image's mirror image: what there is to learn.</summary>
    Mirror,

    /// <summary>After the first layer that changes little (MuE, arXiv 2211.11152), at the own size.</summary>
    Saturation,
}
