using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Architectures;

/// <summary>Which kind of network a <c>config.json</c> describes.</summary>
internal static class ArchitectureReader
{
    private const string Mask2Former = "mask2former";

    /// <exception cref="CompileException">Another kind, or one of these with what cannot be built.</exception>
    public static IArchitecture Read(string file)
    {
        var json = ConfigKeys.Load(file);
        var keys = new ConfigKeys(json, file);
        return keys.Text("model_type", Mask2Former) switch
        {
            Mask2Former => Mask2FormerConfig.Read(json, file),
            DetrConfig.ModelType => DetrConfig.Read(keys, file),
            DeformableDetrConfig.ModelType => DeformableDetrConfig.Read(keys, file),
            _ => throw keys.Error("model_type", $"'{Mask2Former}', '{DetrConfig.ModelType}' or '{DeformableDetrConfig.ModelType}'"),
        };
    }

    /// <summary>The list <c>architectures</c>, where there is one, must have this class of Hugging Face's.</summary>
    public static void Require(ConfigKeys keys, string architecture)
    {
        if (keys.Array("architectures") is { } architectures && !architectures.Any(a => a?.ToString() == architecture))
        {
            throw keys.Error("architectures", architecture);
        }
    }
}
