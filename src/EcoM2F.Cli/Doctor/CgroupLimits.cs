using System.Globalization;

namespace EcoM2F.Cli.Doctor;

/// <summary>What the control group of this process may use, where Linux has set a limit; containers are control groups.</summary>
/// <param name="Cores">Processor time per time, such as 1.5; null: no limit.</param>
/// <param name="Bytes">Memory; null: no limit.</param>
internal sealed record CgroupLimits(double? Cores, long? Bytes)
{
    private const string Root = "/sys/fs/cgroup";
    private const string OwnGroups = "/proc/self/cgroup";

    /// <summary>Version 1's way of saying that there is no limit is a number near the largest.</summary>
    private const long NoLimit = 1L << 60;

    public static CgroupLimits Read() => Read(Root, OwnGroups);

    /// <param name="root">Where control groups are mounted.</param>
    /// <param name="ownGroups">A file that says which of them this process is in.</param>
    internal static CgroupLimits Read(string root, string ownGroups)
    {
        var (version2, cpu, memory) = Folders(root, ownGroups);
        double? cores = null;
        long? bytes = null;
        foreach (var folder in version2)
        {
            cores = Least(cores, Quota(Text(folder, "cpu.max")?.Split(' ')));
            bytes = Least(bytes, Number(Text(folder, "memory.max")));
        }

        foreach (var folder in cpu)
        {
            cores = Least(cores, Quota([Text(folder, "cpu.cfs_quota_us"), Text(folder, "cpu.cfs_period_us")]));
        }

        foreach (var folder in memory)
        {
            bytes = Least(bytes, Number(Text(folder, "memory.limit_in_bytes")));
        }

        return new CgroupLimits(cores, bytes);
    }

    /// <summary>The process's own group and those above it, each of which may set a limit, for version 2 and for the two controllers of version 1.</summary>
    private static (IEnumerable<string> Version2, IEnumerable<string> Cpu, IEnumerable<string> Memory) Folders(string root, string ownGroups)
    {
        var lines = File.Exists(ownGroups) ? File.ReadAllLines(ownGroups).Select(static line => line.Split(':', 3)).Where(static parts => parts.Length == 3).ToList() : [];
        return (Of("", static controllers => controllers.Length == 0), Of("cpu", static controllers => controllers.Split(',').Contains("cpu")), Of("memory", static controllers => controllers.Split(',').Contains("memory")));

        IEnumerable<string> Of(string mount, Func<string, bool> isOwn)
        {
            var path = lines.Find(parts => isOwn(parts[1]))?[2].Trim('/') ?? "";
            while (path.Length > 0)
            {
                yield return Path.Combine(root, mount, path);
                path = Path.GetDirectoryName(path) ?? "";
            }

            yield return Path.Combine(root, mount);
        }
    }

    private static string? Text(string folder, string file) =>
        File.Exists(Path.Combine(folder, file)) ? File.ReadAllText(Path.Combine(folder, file)).Trim() : null;

    /// <summary>Microseconds in each period; "max" and -1 are no limit.</summary>
    private static double? Quota(string?[]? words) => words is [{ } quota, { } period] && Number(quota) is { } used && Number(period) is { } of ? (double)used / of : null;

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is > 0 and < NoLimit ? value : null;

    private static T? Least<T>(T? one, T? other)
        where T : struct, IComparable<T> => one is { } first && other is { } second ? first.CompareTo(second) <= 0 ? first : second : one ?? other;
}
