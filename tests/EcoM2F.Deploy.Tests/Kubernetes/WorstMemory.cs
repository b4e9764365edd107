using System.Globalization;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>What docs/operations.md says a replica may need at worst, from its settings.</summary>
internal static class WorstMemory
{
    /// <summary>Beside images: what the process itself takes with the bundled model, and room to grow.</summary>
    private const double ProcessBytes = 512.0 * 1024 * 1024;

    /// <summary>Engine:StemCacheMegabytes as it is by default, which none of these sets.</summary>
    private const double StemBytes = 256.0 * 1024 * 1024;

    /// <summary>Of an image that is decoded or turned into an answer, at worst.</summary>
    private const double BytesPerPixel = 20;

    /// <param name="settings">By name, with colons or as variables of the environment.</param>
    public static void RequireHeldBy(double limitBytes, IReadOnlyDictionary<string, string> settings)
    {
        double Setting(string key) => double.Parse(settings.TryGetValue(key, out var text) ? text : settings[key.Replace(":", "__", StringComparison.Ordinal)], CultureInfo.InvariantCulture);
        var pixels = Math.Max(limitBytes / 4, BytesPerPixel * Setting("Limits:MaxPixels")); // Scheduling:HostMegabytes as it is by default, or one image alone
        var uploads = (Setting("Engine:QueueImages") + 1) * Setting("Limits:MaxBytes");
        var worst = ProcessBytes + pixels + uploads + StemBytes;

        Assert.True(worst <= limitBytes, FormattableString.Invariant($"{worst} bytes are possible, {limitBytes} allowed."));
    }
}
