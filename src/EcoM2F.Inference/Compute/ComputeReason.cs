namespace EcoM2F.Inference.Compute;

/// <summary>Why an image ran at its compute point: the last constraint that changed it.</summary>
public enum ComputeReason
{
    /// <summary>A gate's choice, unchanged.</summary>
    Gate,

    /// <summary>No gate chose: the deepest exit at the model's own size, with the whole decoder.</summary>
    Default,

    /// <summary>The request named the depth, the size, or the decoder depth.</summary>
    Forced,

    MinDepth,

    MaxDepth,

    MaxGmacs,

    /// <summary>A cap set by the operator.</summary>
    Operator,

    Deadline,

    MinSize,

    MaxSize,

    /// <summary>The image is unlike those that the gate was trained on: the profile's fallback point.</summary>
    Fallback,

    /// <summary>Other images wait: what they leave of the device.</summary>
    Brownout,
}

public static class ComputeReasonNames
{
    /// <summary>Names in headers, JSON and metrics, in the order of the enum.</summary>
    public static IReadOnlyList<string> All { get; } = ["gate", "default", "forced", "min-depth", "max-depth", "max-gmacs", "operator", "deadline", "min-size", "max-size", "fallback", "brownout"];

    public static string ToName(this ComputeReason reason) => All[(int)reason];
}
