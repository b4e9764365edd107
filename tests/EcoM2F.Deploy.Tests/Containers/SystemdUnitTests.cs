using System.Globalization;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Containers;

public sealed class SystemdUnitTests
{
    private static readonly ILookup<string, string> Unit = File.ReadLines(Path.Combine(RepositoryPaths.Root, "deploy", "systemd", "ecom2f.service"))
        .Where(static line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
        .Select(static line => line.Split('=', 2))
        .ToLookup(static pair => pair[0], static pair => pair[1]);

    [Fact]
    public void Stop_TakesLongerThanDraining()
    {
        var settings = Unit["Environment"].Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);
        double Setting(string key) => double.Parse(settings[key], CultureInfo.InvariantCulture);

        Assert.All(settings.Keys, SettingNames.RequireReal);
        Assert.True(double.Parse(Unit["TimeoutStopSec"].Single(), CultureInfo.InvariantCulture) > Setting("Shutdown__DelaySeconds") + Setting("Shutdown__DrainSeconds"));
    }

    [Fact]
    public void Restart_NotAfterWrongSettings()
    {
        Assert.Equal("on-failure", Unit["Restart"].Single());
        Assert.Equal("2", Unit["RestartPreventExitStatus"].Single());
    }

    [Theory]
    [InlineData("DynamicUser", "yes")]
    [InlineData("ProtectSystem", "strict")]
    [InlineData("NoNewPrivileges", "yes")]
    [InlineData("PrivateTmp", "yes")]
    [InlineData("CapabilityBoundingSet", "")]
    public void Unit_IsHardened(string key, string value) => Assert.Equal(value, Unit[key].Single());

    [Fact]
    public void Unit_LetsDotnetCompile() => Assert.Empty(Unit["MemoryDenyWriteExecute"]);
}
