using EcoM2F.Compiler.Backbones;
using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Architectures.Detectors;

/// <summary>
/// The backbone that a detector's config.json means: described by <c>backbone_config</c>, or a ResNet named as timm names it, which
/// is what published checkpoints do.
/// </summary>
internal static class DetectorBackbone
{
    private const string Timm = "timm_backbone";
    private const string Default = "resnet50";
    private const string Names = "'resnet18', 'resnet34', 'resnet50', 'resnet101' or 'resnet152'";

    /// <param name="keys">Of config.json.</param>
    /// <param name="stages">Stages that the network reads, from 1.</param>
    public static IBackboneConfig Read(ConfigKeys keys, IReadOnlyList<int> stages)
    {
        var section = keys.Section("backbone_config");
        var ofTimm = section is null ? keys.Bool("use_timm_backbone", true) : IsOfTimm(section, stages);
        var dilated = keys.Bool("dilation", false);
        if (dilated && !ofTimm)
        {
            throw keys.Error("dilation", "false, because only timm's ResNet can be dilated, not Hugging Face's own");
        }

        if (section is not null && !ofTimm)
        {
            return BackboneRegistry.Read(section, stages);
        }

        var named = section is null ? Named(keys, Arguments(keys)) : OfTimm(section);
        return named with { DilateLastStage = named.DilateLastStage || dilated };
    }

    private static bool IsOfTimm(ConfigKeys keys, IReadOnlyList<int> stages)
    {
        var modelTypes = BackboneRegistry.ModelTypes(stages);
        return keys.Text("model_type", null) switch
        {
            Timm => true,
            { } other when modelTypes.Contains(other) => false,
            _ => throw keys.Error("model_type", ConfigKeys.OneOf([.. modelTypes, Timm])),
        };
    }

    private static ResNetConfig OfTimm(ConfigKeys keys)
    {
        keys.Require("features_only", true, absent: true);
        keys.RequireInt("num_channels", 3);
        return Named(keys, IsDilated(keys));
    }

    private static ResNetConfig Named(ConfigKeys keys, bool dilated)
    {
        // timm adds the weights' origin after a dot
        var name = keys.Text("backbone", Default)!.Split('.')[0];
        return (ResNetConfig.Named(name) ?? throw keys.Error("backbone", Names)) with { DilateLastStage = dilated };
    }

    /// <summary>What timm was called with.</summary>
    private static bool Arguments(ConfigKeys keys)
    {
        if (keys.Section("backbone_kwargs") is not { } arguments)
        {
            return false;
        }

        arguments.Allow("out_indices", "in_chans", "output_stride"); // which maps come out changes none of them
        arguments.RequireInt("in_chans", 3);
        return IsDilated(arguments);
    }

    private static bool IsDilated(ConfigKeys keys)
    {
        var stride = keys.Int("output_stride", 32);
        return stride is 16 or 32 ? stride == 16 : throw keys.Error("output_stride", "16 or 32");
    }
}
