using System.Text.Json.Nodes;
using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Architectures;

/// <summary>
/// The ResNet that a detector's config.json means: described by <c>backbone_config</c>, or named as timm names it, which is
/// what published checkpoints do.
/// </summary>
internal static class DetectorBackbone
{
    private const string Default = "resnet50";
    private const string Names = "'resnet18', 'resnet34', 'resnet50', 'resnet101' or 'resnet152'";

    /// <param name="keys">Of config.json.</param>
    /// <param name="file">For messages.</param>
    /// <param name="stages">Stages that the network reads, from 1.</param>
    public static ResNetConfig Read(ConfigKeys keys, string file, IReadOnlyList<int> stages)
    {
        var config = keys.Object("backbone_config");
        var ofTimm = config is null ? keys.Bool("use_timm_backbone", true) : IsOfTimm(config, file);
        var dilated = keys.Bool("dilation", false);
        if (dilated && !ofTimm)
        {
            throw keys.Error("dilation", "false, for Hugging Face's own ResNet has none: only timm's");
        }

        if (config is not null && !ofTimm)
        {
            return Described(config, file, stages);
        }

        var named = config is null ? Named(keys, Arguments(keys, file)) : OfTimm(config, file);
        return named with { DilateLastStage = named.DilateLastStage || dilated };
    }

    private static bool IsOfTimm(JsonObject config, string file)
    {
        var keys = new ConfigKeys(config, file, "backbone_config.");
        return keys.Text("model_type", null) switch
        {
            "resnet" => false,
            "timm_backbone" => true,
            _ => throw keys.Error("model_type", "'resnet' or 'timm_backbone'"),
        };
    }

    private static ResNetConfig Described(JsonObject config, string file, IReadOnlyList<int> stages)
    {
        var keys = new ConfigKeys(config, file, "backbone_config.");
        keys.RequireTexts("out_features", [.. stages.Select(stage => FormattableString.Invariant($"stage{stage}"))]);
        keys.RequireInts("out_indices", [.. stages]);
        keys.Require("downsample_in_first_stage", false, absent: false); // or strides would be 8 to 64
        return ResNetConfig.Read(config, file);
    }

    private static ResNetConfig OfTimm(JsonObject config, string file)
    {
        var keys = new ConfigKeys(config, file, "backbone_config.");
        keys.Require("features_only", true, absent: true);
        if (keys.Int("num_channels", 3) != 3)
        {
            throw keys.Error("num_channels", "3");
        }

        return Named(keys, IsDilated(keys));
    }

    private static ResNetConfig Named(ConfigKeys keys, bool dilated)
    {
        // timm adds the weights' origin after a dot
        var name = keys.Text("backbone", Default)!.Split('.')[0];
        return (ResNetConfig.Named(name) ?? throw keys.Error("backbone", Names)) with { DilateLastStage = dilated };
    }

    /// <summary>What timm was called with.</summary>
    private static bool Arguments(ConfigKeys keys, string file)
    {
        if (keys.Object("backbone_kwargs") is not { } json)
        {
            return false;
        }

        var arguments = new ConfigKeys(json, file, "backbone_kwargs.");
        arguments.Allow("out_indices", "in_chans", "output_stride"); // which maps come out changes none of them
        if (arguments.Int("in_chans", 3) != 3)
        {
            throw arguments.Error("in_chans", "3");
        }

        return IsDilated(arguments);
    }

    private static bool IsDilated(ConfigKeys keys)
    {
        var stride = keys.Int("output_stride", 32);
        return stride is 16 or 32 ? stride == 16 : throw keys.Error("output_stride", "16 or 32");
    }
}
