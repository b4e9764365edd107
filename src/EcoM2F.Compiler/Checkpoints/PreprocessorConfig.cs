using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary>Hugging Face's <c>preprocessor_config.json</c>; its class defaults where file or key is absent.</summary>
internal static class PreprocessorConfig
{
    public const string FileName = "preprocessor_config.json";

    public static PreprocessingSettings Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        var keys = new ConfigKeys(File.Exists(file) ? ConfigKeys.Load(file) : [], file);
        keys.Require("do_resize", true, absent: true);
        keys.Require("do_rescale", true, absent: true);
        keys.Require("do_normalize", true, absent: true);
        if (keys.Int("resample", 2) != 2)
        {
            throw keys.Error("resample", "2 (bilinear)");
        }

        if (Math.Abs(keys.Double("rescale_factor", 1 / 255.0, 0, 1) - (1 / 255.0)) > 1e-9)
        {
            throw keys.Error("rescale_factor", "1/255");
        }

        var settings = new PreprocessingSettings
        {
            Divisor = keys.Int("size_divisor", keys.Int("size_divisibility", 32, 32), 32), // the latter is the older name
            Mean = keys.Floats("image_mean", [0.485f, 0.456f, 0.406f]),
            Std = keys.Floats("image_std", [0.229f, 0.224f, 0.225f]),
        };
        if (settings.Divisor % 32 != 0)
        {
            throw keys.Error("size_divisor", "a multiple of 32");
        }

        if (settings.Std.Any(s => s <= 0))
        {
            throw keys.Error("image_std", "three numbers above 0");
        }

        return WithSize(settings, keys, file);
    }

    private static PreprocessingSettings WithSize(PreprocessingSettings settings, ConfigKeys keys, string file)
    {
        if (!keys.Has("size"))
        {
            return settings with { ShortestEdge = 800, LongestEdge = keys.Int("max_size", 1333, 800, 8192) };
        }

        if (keys.IsNumber("size"))
        {
            var edge = keys.Int("size", 0, 32, 8192); // the older form
            return settings with { ShortestEdge = edge, LongestEdge = keys.Int("max_size", 1333, edge, 8192) };
        }

        var size = new ConfigKeys(keys.Object("size")!, file, "size.");
        size.Allow("shortest_edge", "longest_edge", "height", "width");
        if (size.Has("height") && size.Has("width") && !size.Has("shortest_edge") && !size.Has("longest_edge"))
        {
            return settings with { Height = size.Int("height", 0, 32, 8192), Width = size.Int("width", 0, 32, 8192) };
        }

        if (!size.Has("shortest_edge") || size.Has("height") || size.Has("width"))
        {
            throw keys.Error("size", "shortest_edge with longest_edge, or height with width");
        }

        var shortest = size.Int("shortest_edge", 0, 32, 8192);
        return settings with { ShortestEdge = shortest, LongestEdge = size.Int("longest_edge", Math.Max(shortest, keys.Int("max_size", 1333, 32, 8192)), shortest, 8192) };
    }
}
