using System.Globalization;
using System.Text.RegularExpressions;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>What an answer said of its image in <c>Compute-Used</c>.</summary>
/// <param name="Profile">As the metrics label it: the gate that chose, <c>beta</c> or <c>none</c>.</param>
/// <param name="Gmacs">Multiply-adds, in billions, to three decimals.</param>
/// <param name="Saved">Share saved against the deepest exit at the model's own size, to three decimals; below 0 where a larger size took more.</param>
public sealed partial record ServedImage(string Profile, int Depth, int MaxDepth, string Reason, double Gmacs, double Saved)
{
    /// <summary>Multiply-adds not spent, in billions; 0 where a larger size took more.</summary>
    public double GmacsSaved => Math.Max(0, Gmacs * Saved / (1 - Saved));

    internal static ServedImage Parse(string profile, string header)
    {
        var match = ComputeUsed().Match(header);
        Assert.True(match.Success, $"Compute-Used: {header}");
        return new ServedImage(profile, (int)Number("depth"), (int)Number("max"), match.Groups["reason"].Value, Number("gmacs"), Number("saved"));

        double Number(string group) => double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^depth=(?<depth>[0-9]+), max-depth=(?<max>[0-9]+), (size=[0-9]+, max-size=[0-9]+, )?reason=(?<reason>[a-z-]+), gmacs=(?<gmacs>[0-9.]+), saved=(?<saved>-?[0-9.]+)$")]
    private static partial Regex ComputeUsed();
}
