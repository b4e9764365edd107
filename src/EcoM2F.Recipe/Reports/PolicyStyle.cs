using EcoM2F.Recipe.Evaluation;

namespace EcoM2F.Recipe.Reports;

/// <summary>How a kind of policy looks: colour class, mark and what it is.</summary>
internal static class PolicyStyle
{
    public static string Class(PolicyKind kind) => kind switch
    {
        PolicyKind.DepthOnly => "depth-only",
        PolicyKind.SizeOnly => "size-only",
        _ => kind.ToString().ToLowerInvariant(),
    };

    public static string Meaning(PolicyKind kind) => kind switch
    {
        PolicyKind.Static => "always the same",
        PolicyKind.Gate => "a gate of the model",
        PolicyKind.Utility => "its utility gate at a price",
        PolicyKind.DepthOnly => "that gate, one size for all",
        PolicyKind.SizeOnly => "that gate, one depth for all",
        PolicyKind.Oracle => "best per image, known afterwards",
        PolicyKind.Mirror => "best on the mirror image",
        PolicyKind.Random => "a gate's choices at random",
        _ => "stop when layers change little",
    };

    /// <summary>Marks differ in shape too: colours alone do not reach everyone.</summary>
    public static Html Mark(PolicyKind kind, double x, double y) => kind switch
    {
        PolicyKind.Static => Html.Of($"""<circle class="mark static" cx="{x:0.#}" cy="{y:0.#}" r="5"/>"""),
        PolicyKind.Gate => Html.Of($"""<circle class="mark gate" cx="{x:0.#}" cy="{y:0.#}" r="7.5"/>"""),
        PolicyKind.Utility => Html.Of($"""<rect class="mark utility" x="{x - 5:0.#}" y="{y - 5:0.#}" width="10" height="10" rx="2"/>"""),
        PolicyKind.DepthOnly => Html.Of($"""<rect class="mark depth-only" x="{x - 3.5:0.#}" y="{y - 6.5:0.#}" width="7" height="13"/>"""),
        PolicyKind.SizeOnly => Html.Of($"""<rect class="mark size-only" x="{x - 6.5:0.#}" y="{y - 3.5:0.#}" width="13" height="7"/>"""),
        PolicyKind.Oracle => Polygon("oracle", x, y, (0, -8), (7, 5), (-7, 5)),
        PolicyKind.Mirror => Polygon("mirror", x, y, (0, 8), (7, -5), (-7, -5)),
        PolicyKind.Random => Html.Of($"""<path class="line random" d="M{x - 5:0.#} {y - 5:0.#}l10 10m0 -10l-10 10"/>"""),
        _ => Polygon("saturation", x, y, (0, -7), (7, 0), (0, 7), (-7, 0)),
    };

    private static Html Polygon(string kind, double x, double y, params ReadOnlySpan<(double X, double Y)> corners)
    {
        var points = new List<Html>();
        foreach (var corner in corners)
        {
            points.Add(Html.Of($"{x + corner.X:0.#},{y + corner.Y:0.#} "));
        }

        return Html.Of($"""<polygon class="mark {kind}" points="{Html.Join(points)}"/>""");
    }
}
