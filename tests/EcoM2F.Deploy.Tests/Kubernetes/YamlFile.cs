using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>YAML as JSON nodes, by the core schema that Kubernetes uses: only plain scalars are numbers, booleans and nulls.</summary>
internal static class YamlFile
{
    public static IReadOnlyList<JsonObject> Read(string path) => Parse(File.ReadAllText(path), path);

    public static JsonObject ReadOne(string path) => Assert.Single(Read(path));

    public static IReadOnlyList<JsonObject> Parse(string text, string name)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            throw new InvalidDataException($"{name}: {exception.Message}", exception);
        }

        return [.. stream.Documents.Select(document => Convert(document.RootNode) as JsonObject ?? throw new InvalidDataException($"{name} holds no mapping."))];
    }

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(static child => KeyValuePair.Create(((YamlScalarNode)child.Key).Value!, Convert(child.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value!),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => throw new InvalidDataException($"{node.NodeType} at line {node.Start.Line} is not known here."),
    };

    private static JsonValue? Plain(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
