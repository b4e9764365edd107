using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>Which gates a model may have, by name and kind.</summary>
public static class GateProfileRules
{
    /// <summary>A utility gate is asked for by price, not by name, so a model's may have any; this is what it is called.</summary>
    private const string UtilityName = "utility";

    /// <summary>The name that a utility gate has or gets.</summary>
    public static string UtilityProfile(ModelManifest model) => Utility(model) ?? UtilityName;

    /// <summary>Whether a gate of that name and kind can be added to the model, or replace one of its own.</summary>
    /// <exception cref="CompileException">Says why not.</exception>
    public static void Check(ModelManifest model, string profile, string kind, bool makeDefault)
    {
        if (!GateGraph.IsProfileName(profile))
        {
            throw new CompileException($"'{profile}' is not a valid profile name; allowed are a-z, 0-9, '-' and '_', at most 32, first a letter.");
        }

        if (kind == GateProfile.Utility)
        {
            CheckUtility(model, profile, makeDefault);
        }
        else if (Utility(model) == profile)
        {
            throw new CompileException($"Profile '{profile}' is the model's utility gate, which a classifier cannot replace; choose another name.");
        }
    }

    private static void CheckUtility(ModelManifest model, string profile, bool makeDefault)
    {
        if (makeDefault)
        {
            throw new CompileException("A utility gate cannot be the default: it needs a budget, which a request without a profile does not bring.");
        }

        if (model.Gates is null)
        {
            throw new CompileException("The model has no gates, and its default must be a classifier: install one before a utility gate.");
        }

        if (Utility(model) is { } there && there != profile)
        {
            throw new CompileException($"The model has a utility gate, '{there}', and may have only one; to replace that one, leave the profile's name out.");
        }

        if (model.Gates.Profiles.TryGetValue(profile, out var old) && old.Kind != GateProfile.Utility)
        {
            throw new CompileException($"Profile '{profile}' is a classifier, which a utility gate cannot replace; choose another name, or leave it out.");
        }
    }

    private static string? Utility(ModelManifest model) =>
        model.Gates?.Profiles.Where(static profile => profile.Value.Kind == GateProfile.Utility).Select(static profile => profile.Key).FirstOrDefault();
}
