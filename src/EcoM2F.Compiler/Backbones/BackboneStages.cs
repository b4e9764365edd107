using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones;

/// <summary>Which of a backbone's maps a network reads. Stage 1 has stride 4, each next one twice that of the one before.</summary>
internal static class BackboneStages
{
    public const int Count = 4;

    public static IReadOnlyList<int> All { get; } = [1, 2, 3, 4];

    /// <summary>What a <c>backbone_config</c> says of them, if anything, must be these.</summary>
    /// <exception cref="CompileException">It says others.</exception>
    public static void Require(ConfigKeys keys, IReadOnlyList<int> stages)
    {
        keys.RequireTexts("out_features", [.. stages.Select(static stage => FormattableString.Invariant($"stage{stage}"))]);
        keys.RequireInts("out_indices", [.. stages]);
    }
}
