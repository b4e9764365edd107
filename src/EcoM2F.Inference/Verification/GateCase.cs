namespace EcoM2F.Inference.Verification;

/// <summary>Pooled features [B, d], and the scores [B, columns] that a gate gives for them.</summary>
public sealed record GateCase(float[] Pooled, float[] Scores);
