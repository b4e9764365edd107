namespace EcoM2F.Compiler.Quantization;

/// <summary>What values of one tensor may be as unsigned bytes; 0 is always one of them, exactly.</summary>
/// <param name="Low">At most 0.</param>
/// <param name="High">At least 0.</param>
internal readonly record struct ActivationRange(float Low, float High)
{
    private const float Steps = 255;

    public float Scale => High - Low is > 0 and var width ? width / Steps : 1;

    /// <summary>The byte that stands for 0.</summary>
    public byte ZeroPoint => (byte)Math.Clamp(MathF.Round(-Low / Scale), 0, Steps);

    public static ActivationRange Of(float low, float high) => new(Math.Min(low, 0), Math.Max(high, 0));
}
