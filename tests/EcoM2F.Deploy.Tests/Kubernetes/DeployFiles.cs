using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>Where the Kubernetes files are, and what an operator applies.</summary>
internal static class DeployFiles
{
    public const string Overlays = "overlays";

    public static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "deploy", "kubernetes");

    public static IReadOnlyList<string> OverlayNames { get; } = Names(Overlays);

    public static IReadOnlyList<string> ComponentNames { get; } = Names("components");

    public static string Component(string name) => Path.Combine(Folder, "components", name);

    public static IReadOnlyList<JsonObject> Overlay(string name, params string[] components) =>
        Kustomization.Build(Path.Combine(Folder, Overlays, name), [.. components.Select(Component)]);

    public static IReadOnlyList<JsonObject> Jobs() => Kustomization.Build(Path.Combine(Folder, "jobs"));

    public static JsonObject KServe(string file = "inferenceservice.yaml") => YamlFile.ReadOne(Path.Combine(Folder, "kserve", file));

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateDirectories(Path.Combine(Folder, folder)).Select(static path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
}
