using System.Globalization;
using EcoM2F.Deploy.Tests.Kubernetes;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Containers;

public sealed class SystemdUnitTests
{
    private static readonly ILookup<string, string> Unit = File.ReadLines(Path.Combine(RepositoryPaths.Root, "deploy", "systemd", "ecom2f.service"))
        .Where(static line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
        .Select(static line => line.Split('=', 2))
        .ToLookup(static pair => pair[0], static pair => pair[1]);

    private static readonly Dictionary<string, string> Settings = Unit["Environment"].Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);

    [Fact]
    public void Memory_Limit_HoldsTheWorstThatSettingsAllow()
    {
        var cores = Number(Unit["CPUQuota"].Single().TrimEnd('%')) / 100;
        var memory = Unit["MemoryMax"].Single();

        Assert.EndsWith("G", memory, StringComparison.Ordinal);
        Assert.Equal(0, cores % 1); // the runtime counts whole cores, rounded up
        WorstMemory.RequireHeldBy(Number(memory.TrimEnd('G')) * 1024 * 1024 * 1024, Settings);
    }

    [Fact]
    public void Stop_TakesLongerThanDraining()
    {
        Assert.All(Settings.Keys, SettingNames.RequireReal);
        Assert.True(Number(Unit["TimeoutStopSec"].Single()) > Number(Settings["Shutdown__DelaySeconds"]) + Number(Settings["Shutdown__DrainSeconds"]));
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

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
