namespace EcoM2F.Recipe.Gates;

/// <summary>A trained gate as its graph has it: scores = weight x pooled + bias, features as they come.</summary>
/// <param name="Weight">[points, d] row by row.</param>
/// <param name="Bias">[points].</param>
public sealed record LinearGate(float[] Weight, float[] Bias);
