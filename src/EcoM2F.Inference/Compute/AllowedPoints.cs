using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>The compute points that a budget allows an image, before anything has run.</summary>
public sealed class AllowedPoints
{
    internal AllowedPoints(PlanningContext context, IReadOnlyList<ComputePoint> points, string? gate) => (Context, Points, Gate) = (context, points, gate);

    /// <summary>Cheapest first; at least one.</summary>
    public IReadOnlyList<ComputePoint> Points { get; }

    public ComputePoint Cheapest => Points[0];

    public ComputePoint Dearest => Points[^1];

    /// <summary>Name of the profile whose gate runs; null: none does.</summary>
    public string? Gate { get; }

    /// <summary>The input whose stem runs first: the gate's, else the chosen point's.</summary>
    public InputSize First => Context.Probe!.Value;

    /// <summary>Whether the gate chooses among several inputs, so that another than <see cref="First"/> may have to be made.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Whether load alone has left no other input than <see cref="First"/>.</summary>
    internal bool IsCapped { get; init; }

    /// <summary>Whether the image is admitted although it is expected to miss its deadline: it runs at <see cref="Cheapest"/>, so that its time can be measured again.</summary>
    public bool IsTrial { get; init; }

    /// <summary>With <see cref="First"/> as its probe.</summary>
    internal PlanningContext Context { get; }
}
