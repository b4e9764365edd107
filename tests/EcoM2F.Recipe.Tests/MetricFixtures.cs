using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests;

/// <summary>What the official tools gave.</summary>
internal static class MetricFixtures
{
    /// <summary>The numbers are doubles added up in another order.</summary>
    public const double Tolerance = 1e-9;

    public static string Path(params string[] parts) => System.IO.Path.Combine([RepositoryPaths.Fixtures, "metrics", .. parts]);

    public static JsonNode Json(params string[] parts) => JsonNode.Parse(File.ReadAllText(Path(parts)))!;

    /// <summary>-1 in the files is no value, as NaN is here.</summary>
    public static void Equal(JsonNode expected, double actual, string what)
    {
        var value = expected.GetValue<double>();
        var difference = value == -1 ? (double.IsNaN(actual) ? 0 : double.PositiveInfinity) : Math.Abs(value - actual);
        Assert.True(difference <= Tolerance, $"{what}: {actual}, not {value}");
    }
}
