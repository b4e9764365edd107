using YamlDotNet.RepresentationModel;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>Reads YAML files; what is absent is empty.</summary>
internal static class Yaml
{
    public static YamlNode Load(string path)
    {
        using var reader = new StreamReader(path);
        var stream = new YamlStream();
        stream.Load(reader);
        return Assert.Single(stream.Documents).RootNode;
    }

    public static IEnumerable<YamlNode> Children(YamlNode node, string key) => Find(node, key) as YamlSequenceNode ?? [];

    public static string Text(YamlNode node, string key) => (Find(node, key) as YamlScalarNode)?.Value ?? "";

    public static IReadOnlyDictionary<string, string> Map(YamlNode node, string key) =>
        Find(node, key) is YamlMappingNode map ? map.ToDictionary(static pair => ((YamlScalarNode)pair.Key).Value!, static pair => ((YamlScalarNode)pair.Value).Value!) : new Dictionary<string, string>();

    private static YamlNode? Find(YamlNode node, string key) => ((YamlMappingNode)node).Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
}
