namespace EcoM2F.Inference.Compute;

/// <summary>The last constraint that changed the depth.</summary>
public enum DepthReason
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

    Quota,

    Brownout,
}

public static class DepthReasonNames
{
    /// <summary>In the order of the enum; the words of header, JSON and metrics.</summary>
    public static IReadOnlyList<string> All { get; } =
        ["gate", "default", "forced", "min-depth", "max-depth", "max-gmacs", "operator", "deadline", "quota", "brownout"];

    public static string ToName(this DepthReason reason) => All[(int)reason];
}
