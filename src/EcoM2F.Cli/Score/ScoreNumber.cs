using System.Globalization;
using System.Text.Json.Nodes;

namespace EcoM2F.Cli.Score;

/// <summary>How scores are written.</summary>
internal static class ScoreNumber
{
    /// <summary>As pycocotools and panopticapi's successors write what has no value.</summary>
    private const double Nothing = -1;

    /// <summary>A fraction.</summary>
    public static JsonNode Json(double value) => JsonValue.Create(double.IsNaN(value) ? Nothing : value);

    /// <summary>In points: 100 is perfect.</summary>
    public static string Points(double value) => double.IsNaN(value) ? "-" : (value * 100).ToString("0.00", CultureInfo.InvariantCulture);
}
