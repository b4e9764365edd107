using System.ComponentModel.DataAnnotations;

namespace EcoM2F.Inference.Compute;

/// <summary>The operator's caps, which apply to every request whatever its header says.</summary>
public sealed class BudgetOptions
{
    public const string Section = "Budget";

    /// <summary>Largest encoder depth, in layers; the deepest exit not above it is used. Null: no cap.</summary>
    [Range(1, 1000, ErrorMessage = "Budget:MaxDepth must be from 1 to 1000.")]
    public int? MaxDepth { get; set; }

    /// <summary>Largest cost of an image in the whole model, in GMACs; if no exit fits, the shallowest is used. Null: no cap.</summary>
    [Range(1e-9, 1e9, ErrorMessage = "Budget:MaxGmacs must be greater than 0.")]
    public double? MaxGmacs { get; set; }
}
