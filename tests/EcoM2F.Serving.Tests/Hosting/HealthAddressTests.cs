using EcoM2F.Serving.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace EcoM2F.Serving.Tests.Hosting;

public sealed class HealthAddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080/", "", "")]
    [InlineData("http://127.0.0.1:8081/", "http_ports", "8081")]
    [InlineData("http://127.0.0.1:8082/", "http_ports", " 8082 ; 8083")]
    [InlineData("https://127.0.0.1:8443/", "https_ports", "8443")]
    [InlineData("http://127.0.0.1:9000/", "urls", "http://0.0.0.0:9000")]
    [InlineData("http://127.0.0.1:9000/", "urls", "http://+:9000")]
    [InlineData("http://127.0.0.1:9000/", "urls", "http://*:9000")]
    [InlineData("http://127.0.0.1:9000/", "urls", "http://[::]:9000")]
    [InlineData("http://127.0.0.1:9000/", "urls", "http://localhost:9000")]
    [InlineData("http://127.0.0.1:9000/", "urls", "http://segment.example.org:9000")]
    [InlineData("http://[::1]:9000/", "urls", "http://[::1]:9000")]
    [InlineData("http://10.0.0.7:9000/", "urls", "http://10.0.0.7:9000")]
    [InlineData("http://127.0.0.1:9001/", "urls", "https://*:9443;http://*:9001")]
    [InlineData("http://127.0.0.1/", "urls", "http://*")]
    [InlineData("http://127.0.0.1:7000/", "Kestrel:Endpoints:Main:Url", "http://*:7000")]
    public void Find_OneSetting_IsReachableFromHere(string expected, string key, string value) =>
        Assert.Equal(expected, HealthAddress.Find(Settings((key, value))).AbsoluteUri);

    [Fact]
    public void Find_SeveralWays_TakesKestrelsOrder()
    {
        var ports = ("http_ports", "8081");
        var urls = ("urls", "http://*:9000");
        var endpoint = ("Kestrel:Endpoints:Main:Url", "http://*:7000");

        Assert.Equal(9000, HealthAddress.Find(Settings(ports, urls)).Port);
        Assert.Equal(7000, HealthAddress.Find(Settings(ports, urls, endpoint)).Port);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", "--url")]
    [InlineData("http://unix:/run/ecom2f.sock", "unix:/run/ecom2f.sock")]
    [InlineData("8080", "'8080'")]
    public void Find_NothingToAsk_SaysWhy(string urls, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => HealthAddress.Find(Settings(("urls", urls)))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData()]
    [InlineData("--urls", "http://*:9000")]
    [InlineData("--urls=http://*:9000", "--Engine:Threads=2")]
    [InlineData("--http_ports", "8081")]
    [InlineData("--Kestrel:Endpoints:Main:Url=http://*:7000", "--environment", "Staging")]
    public void Read_SameArguments_AgreesWithTheHost(params string[] arguments)
    {
        var host = WebApplication.CreateBuilder(arguments);
        host.AddShippedSettings();
        var read = ServiceConfiguration.Read(arguments);

        Assert.Equal(HealthAddress.Find(host.Configuration), HealthAddress.Find(read));
        Assert.Equal(
            host.Configuration.AsEnumerable().Where(static pair => pair.Key.StartsWith("Engine", StringComparison.Ordinal)).OrderBy(static pair => pair.Key),
            read.AsEnumerable().Where(static pair => pair.Key.StartsWith("Engine", StringComparison.Ordinal)).OrderBy(static pair => pair.Key));
    }

    private static IConfiguration Settings(params (string Key, string Value)[] pairs) =>
        new ConfigurationBuilder().AddInMemoryCollection(pairs.Select(static pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build();
}
