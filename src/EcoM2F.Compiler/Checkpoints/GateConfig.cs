using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary><c>ecom2f.json</c>'s <c>gates</c>: which file has their weights, and the profiles.</summary>
internal sealed record GateConfig(string File, string Default, IReadOnlyDictionary<string, GateConfigProfile> Profiles)
{
    public static GateConfig Read(JsonObject json, string file)
    {
        var keys = new ConfigKeys(json, file, "gates.");
        keys.Allow("file", "default", "profiles");
        var weights = keys.Text("file", "gates.safetensors")!;
        if (weights != Path.GetFileName(weights) || weights is "" or "." or "..")
        {
            throw keys.Error("file", "the name of a file in the checkpoint's folder");
        }

        var profiles = new Dictionary<string, GateConfigProfile>(StringComparer.Ordinal);
        foreach (var (name, node) in keys.Object("profiles") ?? [])
        {
            if (!GateGraph.IsProfileName(name) || node is not JsonObject profile)
            {
                throw keys.Error("profiles", "an object of objects, each under its profile's name: a-z, 0-9, '-' and '_', at most 32, first a letter");
            }

            profiles.Add(name, ReadProfile(profile, file, name));
        }

        var fallback = keys.Text("default", profiles.FirstOrDefault(p => p.Value.Kind == GateProfile.Classifier).Key);
        return fallback is not null && profiles.TryGetValue(fallback, out var chosen) && chosen.Kind == GateProfile.Classifier
            ? profiles.Values.Count(p => p.Kind == GateProfile.Utility) <= 1
                ? new GateConfig(weights, fallback, profiles)
                : throw keys.Error("profiles", "at most one profile of kind utility")
            : throw keys.Error("default", "the name of a profile of kind classifier");
    }

    private static GateConfigProfile ReadProfile(JsonObject json, string file, string name)
    {
        var keys = new ConfigKeys(json, file, $"gates.profiles.{name}.");
        keys.Allow("kind", "beta", "exits");
        var kind = keys.Text("kind", GateProfile.Classifier)!;
        return kind switch
        {
            GateProfile.Classifier => new GateConfigProfile(kind, keys.Double("beta", 0, 0, 100), keys.Ints("exits", [])),
            GateProfile.Utility when !keys.Has("beta") => new GateConfigProfile(kind, null, keys.Ints("exits", [])),
            GateProfile.Utility => throw keys.Error("beta", "absent: each request of a utility gate brings its own"),
            _ => throw keys.Error("kind", $"{GateProfile.Classifier} or {GateProfile.Utility}"),
        };
    }
}

/// <param name="Exits">Empty: all of the model's.</param>
internal sealed record GateConfigProfile(string Kind, double? Beta, IReadOnlyList<int> Exits);
