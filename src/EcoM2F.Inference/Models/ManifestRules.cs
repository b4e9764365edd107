using System.Text.RegularExpressions;

namespace EcoM2F.Inference.Models;

/// <summary>What must hold in a manifest before anything that it names is opened.</summary>
internal static partial class ManifestRules
{
    private static readonly string[] KnownTasks = ["panoptic", "instance", "semantic", "detection"];

    /// <exception cref="ModelLoadException">Names the key and what is allowed.</exception>
    public static void Check(ModelManifest manifest, string file)
    {
        Require(manifest.Schema == ModelManifest.CurrentSchema, $"schema is {manifest.Schema}; this version reads {ModelManifest.CurrentSchema}");
        Require(Name().IsMatch(manifest.Name), $"name is '{manifest.Name}'; allowed are 1 to 64 of a-z, 0-9, '.', '_', '-', starting with a letter or digit");
        Require(manifest.Version.Length is > 0 and <= 64, "version must have 1 to 64 characters");
        Require(manifest.Tasks.Count > 0 && manifest.Tasks.All(KnownTasks.Contains), $"tasks must be some of {string.Join(", ", KnownTasks)}");
        Require(manifest.Classes.Count > 0, "classes is empty");
        for (var i = 0; i < manifest.Classes.Count; i++)
        {
            Require(manifest.Classes[i].Id == i, $"classes[{i}] has id {manifest.Classes[i].Id}; ids must be label indices in order");
            Require(Color().IsMatch(manifest.Classes[i].Color), $"classes[{i}].color is '{manifest.Classes[i].Color}'; it must be #rrggbb");
        }

        Require(manifest.Exits.Count > 0 && manifest.Exits[0] > 0, "exits must hold depths from 1");
        Require(manifest.Exits.Zip(manifest.Exits.Skip(1)).All(static pair => pair.First < pair.Second), "exits must be ascending");
        Require(manifest.Costs.Count > 0, "costs is empty");
        Require(manifest.Costs.All(static cost => cost.Height > 0 && cost.Width > 0), "costs need a height and a width above 0");
        CheckPreprocessing(manifest.Preprocessing);
        CheckGraphs(manifest);
        CheckGates(manifest);

        void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new ModelLoadException($"{file}: {otherwise}.");
            }
        }

        void CheckPreprocessing(PreprocessingSettings settings)
        {
            Require(settings.Divisor is > 0 and <= 1024, "preprocessing.divisor must be from 1 to 1024");
            Require(settings.Mean.Count == 3 && settings.Std.Count == 3 && settings.Std.All(static value => value > 0), "preprocessing.mean and .std need three numbers, .std above 0");
            Require(
                settings is { ShortestEdge: > 0, Height: null, Width: null } or { ShortestEdge: null, LongestEdge: null, Height: > 0, Width: > 0 },
                "preprocessing needs either shortest_edge (and longest_edge) or height and width");
        }

        void CheckGraphs(ModelManifest model)
        {
            foreach (var stage in (string[])["stem", "decoder", "encoder-exits"])
            {
                Require(model.Graphs.Any(graph => graph.Stage == stage), $"graphs has no {stage}");
            }

            foreach (var exit in model.Exits)
            {
                Require(model.Graphs.Any(graph => graph.Stage == "encoder" && graph.Exit == exit), $"graphs has no encoder for exit {exit}");
            }

            foreach (var name in model.Graphs.Select(static graph => graph.File).Append(model.Weights))
            {
                Require(model.Sha256.ContainsKey(name), $"sha256 has no entry for {name}");
            }
        }

        void CheckGates(ModelManifest model)
        {
            if (model.Gates is not { } gates)
            {
                return;
            }

            Require(
                gates.Profiles.TryGetValue(gates.Default, out var chosen) && chosen.Kind == GateProfile.Classifier,
                $"gates.default is '{gates.Default}', which is no classifier profile");
            Require(gates.Profiles.Values.All(static gate => gate.Kind is GateProfile.Classifier or GateProfile.Utility), "a gate's kind must be classifier or utility");
            Require(gates.Profiles.Values.Count(static gate => gate.Kind == GateProfile.Utility) <= 1, "a model has at most one utility gate");
            foreach (var (profile, gate) in gates.Profiles)
            {
                Require(model.Sha256.ContainsKey(gate.File), $"sha256 has no entry for {gate.File} of profile {profile}");
            }
        }
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}$")]
    private static partial Regex Name();

    [GeneratedRegex("^#[0-9a-fA-F]{6}$")]
    private static partial Regex Color();
}
