using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler;

/// <summary>The checkpoint's gates as graphs of the model.</summary>
internal static class GateCompiler
{
    /// <param name="model">Length of the pooled feature, and exits.</param>
    public static GateSet Write(GateConfig config, string checkpointFolder, string folder, (int Width, IReadOnlyList<int> Exits) model)
    {
        var path = Path.Combine(checkpointFolder, config.File);
        if (!File.Exists(path))
        {
            throw new CompileException($"{EcoM2FConfig.FileName} names the file of the gates' weights, {config.File}, which does not exist in {checkpointFolder}.");
        }

        using var file = SafetensorsFile.Open(path);
        var profiles = new Dictionary<string, GateProfile>(StringComparer.Ordinal);
        foreach (var (name, profile) in config.Profiles)
        {
            if (profile.Exits.Count > 0 && !profile.Exits.SequenceEqual(model.Exits))
            {
                throw new CompileException(
                    $"{EcoM2FConfig.FileName}: 'gates.profiles.{name}.exits' is [{string.Join(", ", profile.Exits)}]; the model's are [{string.Join(", ", model.Exits)}].");
            }

            var weight = Read(file, $"gate.{name}.weight", model.Exits.Count, model.Width);
            var bias = Read(file, $"gate.{name}.bias", model.Exits.Count);
            GateGraph.Write(folder, name, weight, bias);
            profiles.Add(name, new GateProfile(profile.Kind, GateGraph.FileName(name), profile.Beta));
        }

        return new GateSet(config.Default, profiles);
    }

    private static float[] Read(SafetensorsFile file, string name, params ReadOnlySpan<long> shape)
    {
        var found = file[name].Shape;
        return shape.SequenceEqual(found.ToArray())
            ? file.Floats(name)
            : throw new CompileException($"{file.Path}: '{name}' has shape [{string.Join(", ", found)}]; it should have [{string.Join(", ", shape.ToArray())}].");
    }
}
