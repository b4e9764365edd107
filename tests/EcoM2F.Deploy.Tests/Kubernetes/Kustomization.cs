using System.Text.Json.Nodes;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>
/// What <c>kubectl kustomize FOLDER</c> prints, for the part of Kustomize that is used here. Anything else in a kustomization,
/// a file that is missing, and a patch without its target are errors.
/// </summary>
internal sealed class Kustomization
{
    private static readonly HashSet<string> Known = ["apiVersion", "kind", "namespace", "resources", "components", "patches", "images"];

    private readonly string _folder;
    private readonly JsonObject _file;

    private Kustomization(string folder)
    {
        _folder = folder;
        _file = YamlFile.ReadOne(Path.Combine(folder, "kustomization.yaml"));
        Assert.All(_file, entry => Assert.Contains(entry.Key, Known));
    }

    /// <param name="extra">Components to add, as a user adds a line.</param>
    public static IReadOnlyList<JsonObject> Build(string folder, params string[] extra)
    {
        var resources = new List<JsonObject>();
        new Kustomization(folder).ApplyTo(resources, extra);
        return resources;
    }

    /// <summary>Full paths of all files and folders that it names.</summary>
    public static IEnumerable<string> References(string folder)
    {
        var read = new Kustomization(folder);
        return [.. read.Paths("resources"), .. read.Paths("components"), .. read.PatchFiles()];
    }

    private void ApplyTo(List<JsonObject> resources, params string[] extra)
    {
        foreach (var path in Paths("resources"))
        {
            resources.AddRange(Directory.Exists(path) ? Build(path) : YamlFile.Read(path));
        }

        foreach (var component in Paths("components").Concat(extra))
        {
            new Kustomization(component).ApplyTo(resources);
        }

        foreach (var patch in PatchFiles().Select(YamlFile.ReadOne))
        {
            StrategicMerge.Apply(resources.Single(resource => Id(resource) == Id(patch)), patch);
        }

        Assert.Distinct(resources.Select(Id));
        SetImages(resources);
        SetNamespace(resources);
    }

    private void SetImages(List<JsonObject> resources)
    {
        foreach (var image in Items("images"))
        {
            var name = image["name"]!.GetValue<string>();
            var containers = resources.Where(static resource => resource.IsWorkload()).SelectMany(static workload => workload.PodSpec().Containers()).ToList();
            var named = containers.Where(container => container.Text("image").Split(':')[0] == name).ToList();
            Assert.NotEmpty(named);
            named.ForEach(container => container["image"] = $"{image["newName"]?.GetValue<string>() ?? name}:{image.Text("newTag")}");
        }
    }

    private void SetNamespace(List<JsonObject> resources)
    {
        if (_file["namespace"] is { } space)
        {
            foreach (var resource in resources.Where(static resource => resource.Text("kind") != "Namespace"))
            {
                resource["metadata"]!["namespace"] = space.DeepClone();
            }
        }
    }

    private IEnumerable<string> Paths(string key) =>
        (_file[key] as JsonArray ?? []).Select(item => Path.GetFullPath(Path.Combine(_folder, item!.GetValue<string>())));

    private IEnumerable<string> PatchFiles() => Items("patches").Select(patch => Path.GetFullPath(Path.Combine(_folder, patch.Text("path"))));

    private IEnumerable<JsonObject> Items(string key) => (_file[key] as JsonArray ?? []).OfType<JsonObject>();

    private static string Id(JsonObject resource) => $"{resource.Text("apiVersion")} {resource.Text("kind")} {resource["metadata"]!.AsObject().Text("name")}";
}
