namespace EcoM2F.Inference.Compute;

/// <summary>Why an image ran at its compute point: the last constraint that changed it.</summary>
public enum ComputeReason
{
    /// <summary>A gate's choice, unchanged.</summary>
    Gate,

    /// <summary>The model has no gate: its deepest exit.</summary>
    Default,

    /// <summary>The request named the depth.</summary>
    Forced,

    MinDepth,

    MaxDepth,

    MaxGmacs,

    /// <summary>A cap set by the operator.</summary>
    Operator,

    Deadline,
}

public static class ComputeReasonNames
{
    /// <summary>Names in headers, JSON and metrics, in the order of the enum.</summary>
    public static IReadOnlyList<string> All { get; } = ["gate", "default", "forced", "min-depth", "max-depth", "max-gmacs", "operator", "deadline"];

    public static string ToName(this ComputeReason reason) => All[(int)reason];
}
