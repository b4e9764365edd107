using EcoM2F.TestSupport;
using YamlDotNet.RepresentationModel;

namespace EcoM2F.Deploy.Tests.Grafana;

public sealed class ProvisioningTests
{
    private static readonly string DeployFolder = Path.Combine(RepositoryPaths.Root, "deploy");
    private readonly YamlMappingNode _source = Only("datasources", "datasources");
    private readonly YamlMappingNode _provider = Only("dashboards", "providers");

    [Fact]
    public void DataSource_IsThePrometheusOfCompose()
    {
        Assert.Equal("prometheus", Text(_source, "type"));
        Assert.Equal("http://prometheus:9090", Text(_source, "url"));
        Assert.Equal("true", Text(_source, "isDefault"));
    }

    /// <summary>Grafana takes a rate over four of these; a shorter one than the scrape's would leave rates without two samples.</summary>
    [Fact]
    public void DataSource_Interval_IsThatOfTheScrape()
    {
        var prometheus = Load(Path.Combine(DeployFolder, "prometheus", "prometheus.yml"));

        Assert.Equal(Text((YamlMappingNode)prometheus["global"], "scrape_interval"), Text((YamlMappingNode)_source["jsonData"], "timeInterval"));
    }

    [Fact]
    public void DataSource_IsWhatTheDashboardStartsWith()
    {
        var variable = Dashboard.EcoM2F.Variables.Single(static each => each.GetProperty("type").GetString() == "datasource");

        Assert.Equal(Text(_source, "type"), variable.GetProperty("query").GetString());
        Assert.Equal(Text(_source, "uid"), variable.GetProperty("current").GetProperty("value").GetString());
        Assert.Equal(Text(_source, "name"), variable.GetProperty("current").GetProperty("text").GetString());
    }

    [Fact]
    public void Provider_ReadsTheMountedFolderAndSavesNothing()
    {
        Assert.Equal("file", Text(_provider, "type"));
        Assert.Equal("/var/lib/grafana/dashboards", Text((YamlMappingNode)_provider["options"], "path"));
        Assert.Equal("false", Text(_provider, "allowUiUpdates"));
        Assert.NotEmpty(Directory.EnumerateFiles(Dashboard.Folder, "*.json"));
    }

    [Fact]
    public void Dashboards_InTheFolder_HaveUidsOfTheirOwn()
    {
        var uids = Directory.EnumerateFiles(Dashboard.Folder, "*.json").Select(static path => Dashboard.Load(path).Json.GetProperty("uid").GetString());

        Assert.Distinct(uids);
    }

    /// <summary>The only entry of the only file of one kind.</summary>
    private static YamlMappingNode Only(string folder, string list)
    {
        var file = Assert.Single(Directory.GetFiles(Path.Combine(DeployFolder, "grafana", "provisioning", folder)));
        var root = Load(file);
        Assert.Equal("1", Text(root, "apiVersion"));
        return (YamlMappingNode)Assert.Single((YamlSequenceNode)root[list]);
    }

    private static YamlMappingNode Load(string file)
    {
        var yaml = new YamlStream();
        using var text = File.OpenText(file);
        yaml.Load(text);
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static string Text(YamlMappingNode node, string key) => ((YamlScalarNode)node[key]).Value!;
}
