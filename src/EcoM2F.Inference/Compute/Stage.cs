namespace EcoM2F.Inference.Compute;

/// <summary>The stages of an image, in the order in which Server-Timing lists them.</summary>
public enum Stage
{
    /// <summary>Waiting for the device.</summary>
    Queue,

    /// <summary>Decoding, resizing and normalising, on the host.</summary>
    Decode,

    Stem,

    Gate,

    Encoder,

    Decoder,

    /// <summary>Post-processing, on the host.</summary>
    Mask,
}

public static class StageNames
{
    /// <summary>In the order of the enum.</summary>
    public static IReadOnlyList<string> All { get; } = ["queue", "decode", "stem", "gate", "encoder", "decoder", "mask"];

    public static string ToName(this Stage stage) => All[(int)stage];
}
