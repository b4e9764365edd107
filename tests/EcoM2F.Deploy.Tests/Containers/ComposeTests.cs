using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.Deploy.Tests.Kubernetes;
using EcoM2F.TestSupport;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace EcoM2F.Deploy.Tests.Containers;

/// <summary>docker-compose.yml against the Dockerfile, the settings and the files that it mounts. No engine has started it.</summary>
public sealed partial class ComposeTests
{
    private static readonly Dictionary<object, object> File = Load("docker-compose.yml");

    private static Dictionary<object, object> Services => (Dictionary<object, object>)File["services"];

    public static TheoryData<string> Names => [.. Services.Keys.Cast<string>()];

    public static TheoryData<string, string> Own => new() { { "ecom2f", "cpu" }, { "ecom2f-cuda", "cuda" } };

    [Theory]
    [MemberData(nameof(Names))]
    public void Service_IsPinnedLimitedAndGuarded(string name)
    {
        var service = Service(name);

        Assert.Matches(Pinned(), Text(service, "image"));
        Assert.Equal("true", Text(service, "read_only"));
        Assert.Equal(["ALL"], Strings(service, "cap_drop"));
        Assert.Equal(["no-new-privileges:true"], Strings(service, "security_opt"));
        Assert.Equal("unless-stopped", Text(service, "restart"));
        Assert.Matches("^[0-9]+[mg]$", Text(service, "mem_limit"));
        Assert.True(double.Parse(Text(service, "cpus"), CultureInfo.InvariantCulture) > 0);
        Assert.All(Strings(service, "ports"), static port => Assert.Matches(@"^127\.0\.0\.1:(\d+):\1$", port));
        Assert.All(Strings(service, "depends_on"), static other => Assert.Contains(other, Services.Keys));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Volumes_AreInTheRepositoryOrNamed(string name)
    {
        foreach (var volume in Strings(Service(name), "volumes").Select(static text => text.Split(':')))
        {
            if (volume[0].StartsWith("./", StringComparison.Ordinal))
            {
                Assert.Equal("ro", volume[^1]);
                Assert.StartsWith("./deploy/", volume[0], StringComparison.Ordinal);
                Assert.True(Directory.Exists(Path.Combine(RepositoryPaths.Root, volume[0])), $"{volume[0]} is not in the repository.");
            }
            else
            {
                Assert.Contains(volume[0], ((Dictionary<object, object>)File["volumes"]).Keys);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void OwnService_FitsTheImage(string name, string target)
    {
        var service = Service(name);
        var docker = Dockerfile.Read();
        var environment = (Dictionary<object, object>)service["environment"];
        double Setting(string key) => double.Parse(Text(environment, key), CultureInfo.InvariantCulture);

        Assert.Equal(target, Text((Dictionary<object, object>)service["build"], "target"));
        Assert.Equal([$"127.0.0.1:8080:{docker.Single(target, "EXPOSE")}"], Strings(service, "ports"));
        Assert.Contains(Strings(service, "tmpfs"), static mount => mount.StartsWith("/tmp:", StringComparison.Ordinal));
        Assert.All(environment.Keys.Cast<string>(), SettingNames.RequireReal);
        Assert.True(Seconds(Text(service, "stop_grace_period")) > Setting("Shutdown__DelaySeconds") + Setting("Shutdown__DrainSeconds"));
        var check = Strings((Dictionary<object, object>)service["healthcheck"], "test");
        Assert.EndsWith($"""CMD ["{string.Join("\", \"", check[1..])}"]""", docker.Single(target, "HEALTHCHECK"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ecom2f")]
    [InlineData("ecom2f-cuda")]
    public void OwnService_MemoryLimit_HoldsTheWorstThatSettingsAllow(string name)
    {
        var service = Service(name);
        var environment = ((Dictionary<object, object>)service["environment"]).ToDictionary(static pair => (string)pair.Key, static pair => (string)pair.Value);

        WorstMemory.RequireHeldBy(Bytes(Text(service, "mem_limit")), environment);
    }

    [Theory]
    [InlineData("ecom2f")]
    [InlineData("ecom2f-cuda")]
    public void OwnService_Platform_IsThatOfTheBases(string name) => Assert.StartsWith($"--platform={Text(Service(name), "platform")} ", Dockerfile.Read().Single("restore", "FROM"), StringComparison.Ordinal);

    [Fact]
    public void Cuda_IsItsOwnProfileUnderTheNameThatIsScraped()
    {
        var service = Service("ecom2f-cuda");
        var network = (Dictionary<object, object>)((Dictionary<object, object>)service["networks"])["default"];
        var resources = (Dictionary<object, object>)((Dictionary<object, object>)service["deploy"])["resources"];
        var device = (Dictionary<object, object>)((List<object>)((Dictionary<object, object>)resources["reservations"])["devices"])[0];

        Assert.Equal(["cuda"], Strings(service, "profiles"));
        Assert.Equal(["ecom2f"], Strings(network, "aliases"));
        Assert.Equal(["gpu"], Strings(device, "capabilities"));
    }

    [Fact]
    public void Prometheus_ScrapesTheServiceThatGrafanaIsToldOf()
    {
        var scrape = Assert.Single((List<object>)Load("deploy/prometheus/prometheus.yml")["scrape_configs"]);
        var targets = Strings(Assert.IsType<Dictionary<object, object>>(Assert.Single((List<object>)((Dictionary<object, object>)scrape)["static_configs"])), "targets");
        var folder = Path.Combine(RepositoryPaths.Root, "deploy", "grafana", "provisioning", "datasources");
        var source = (Dictionary<object, object>)Assert.Single((List<object>)Load(Assert.Single(Directory.GetFiles(folder)))["datasources"]);

        Assert.Equal(["ecom2f:8080"], targets);
        Assert.Contains("ecom2f", Services.Keys);
        Assert.Equal("http://prometheus:9090", Text(source, "url"));
        Assert.Equal(["127.0.0.1:9090:9090"], Strings(Service("prometheus"), "ports"));
    }

    [Fact]
    public void Grafana_FindsTheDashboardsWhereTheyAreMounted()
    {
        var folder = Path.Combine(RepositoryPaths.Root, "deploy", "grafana", "provisioning", "dashboards");
        var provider = (Dictionary<object, object>)Assert.Single((List<object>)Load(Assert.Single(Directory.GetFiles(folder)))["providers"]);
        var path = Text((Dictionary<object, object>)provider["options"], "path");

        Assert.Contains($"./deploy/grafana/dashboards:{path}:ro", Strings(Service("grafana"), "volumes"));
    }

    [Fact]
    public void Collector_SendsTracesWhereTheyCanBeSeen()
    {
        var collector = Load("deploy/otel-collector/config.yml");
        var pipelines = (Dictionary<object, object>)((Dictionary<object, object>)collector["service"])["pipelines"];
        foreach (Dictionary<object, object> pipeline in pipelines.Values.Cast<Dictionary<object, object>>())
        {
            foreach (var kind in (string[])["receivers", "processors", "exporters"])
            {
                Assert.All(Strings(pipeline, kind), one => Assert.Contains(one, ((Dictionary<object, object>)collector[kind]).Keys));
            }
        }

        var jaeger = (Dictionary<object, object>)((Dictionary<object, object>)collector["exporters"])["otlp/jaeger"];
        Assert.Contains(Text(jaeger, "endpoint").Split(':')[0], Services.Keys);
        Assert.Contains("otlp/jaeger", Strings((Dictionary<object, object>)pipelines["traces"], "exporters"));
        Assert.Equal(["127.0.0.1:16686:16686"], Strings(Service("jaeger"), "ports"));
    }

    private static Dictionary<object, object> Load(string path)
    {
        using var text = System.IO.File.OpenText(Path.Combine(RepositoryPaths.Root, path));
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new YamlDotNet.Core.Parser(text)))!;
    }

    private static Dictionary<object, object> Service(string name) => (Dictionary<object, object>)Services[name];

    private static string Text(Dictionary<object, object> map, string key) => (string)map[key];

    private static string[] Strings(Dictionary<object, object> map, string key) =>
        map.TryGetValue(key, out var list) ? [.. ((List<object>)list).Cast<string>()] : [];

    private static double Seconds(string duration) =>
        duration.EndsWith('s') ? double.Parse(duration[..^1], CultureInfo.InvariantCulture) : throw new FormatException(duration);

    private static double Bytes(string limit) =>
        limit.EndsWith('g') ? double.Parse(limit[..^1], CultureInfo.InvariantCulture) * 1024 * 1024 * 1024 : throw new FormatException(limit);

    [GeneratedRegex(@"^[a-z0-9./-]+:v?\d+\.\d+\.\d+(-cuda)?$")]
    private static partial Regex Pinned();
}
