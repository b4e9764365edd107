using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Settings;

namespace EcoM2F.Inference.Compute;

/// <summary>The operator's caps, which apply to every request whatever its header says.</summary>
public sealed class BudgetOptions
{
    public const string Section = "Budget";

    /// <remarks>In layers; the deepest exit not above it is used. Null: no cap.</remarks>
    [Setting("Deepest encoder depth of any request.")]
    [Range(1, 1000, ErrorMessage = "Budget:MaxDepth must be from 1 to 1000.")]
    public int? MaxDepth { get; set; }

    /// <remarks>Of the whole model; if no exit fits, the shallowest is used. Null: no cap.</remarks>
    [Setting("Most GMACs of any image.", Allowed = "greater than 0")]
    [Range(1e-9, 1e9, ErrorMessage = "Budget:MaxGmacs must be greater than 0.")]
    public double? MaxGmacs { get; set; }
}
