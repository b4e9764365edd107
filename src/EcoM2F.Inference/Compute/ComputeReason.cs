namespace EcoM2F.Inference.Compute;

/// <summary>The last constraint that changed the point.</summary>
public enum ComputeReason
{
    /// <summary>A gate's own choice stood.</summary>
    Gate,

    /// <summary>The model has no gate: its deepest exit.</summary>
    Default,

    /// <summary>The request named the depth.</summary>
    Forced,

    MinDepth,

    MaxDepth,

    MaxGmacs,

    /// <summary>The operator's own cap.</summary>
    Operator,

    Deadline,
}

public static class ComputeReasonNames
{
    /// <summary>In the order of the enum; the words of header, JSON and metrics.</summary>
    public static IReadOnlyList<string> All { get; } = ["gate", "default", "forced", "min-depth", "max-depth", "max-gmacs", "operator", "deadline"];

    public static string ToName(this ComputeReason reason) => All[(int)reason];
}
