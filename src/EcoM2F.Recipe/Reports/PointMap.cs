using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Evaluation;

namespace EcoM2F.Recipe.Reports;

/// <summary>Which points a policy chose, as a map: sizes from left to right, depths downwards, the darker the more images.</summary>
internal static class PointMap
{
    private const int Cell = 46;
    private const int Row = 30;
    private const int Left = 30;
    private const int Top = 24;

    public static Html Of(PolicyResult policy, ModelManifest model)
    {
        var (sizes, exits) = (model.ShortestEdges, model.Exits);
        double images = policy.Points.Values.Sum();
        var cells = sizes.Index().SelectMany(size => exits.Index().Select(exit => (Column: size.Index, Row: exit.Index, Count: policy.Points.Where(point => point.Key.Size == size.Item && point.Key.Depth == exit.Item).Sum(static point => point.Value))));
        return Html.Of($"""
            <figure class="card"><figcaption><b>{policy.Policy.Name}</b> {policy.Gmacs:0.00} GMACs{Decoders(policy)}{Fallbacks(policy)}</figcaption>
            <svg viewBox="0 0 {Left + (sizes.Count * Cell)} {Top + (exits.Count * Row)}" role="img" aria-label="Images by size and depth">
            {Html.Each(sizes.Index(), static size => Html.Of($"""<text class="tick" x="{Left + (size.Index * Cell) + (Cell / 2)}" y="16" text-anchor="middle">{size.Item}</text>"""))}
            {Html.Each(exits.Index(), static exit => Html.Of($"""<text class="tick" x="{Left - 8}" y="{Top + (exit.Index * Row) + 19}" text-anchor="end">{exit.Item}</text>"""))}
            {Html.Each(cells, cell => Html.Of($"""<g style="--share:{Math.Sqrt(cell.Count / images):0.##}"><rect class="cell" x="{Left + (cell.Column * Cell)}" y="{Top + (cell.Row * Row)}" width="{Cell}" height="{Row}"/>{Number(cell.Column, cell.Row, cell.Count)}</g>"""))}
            </svg></figure>
            """);
    }

    private static Html Number(int column, int row, int count) => count == 0 ? Html.Empty : Html.Of(
        $"""<text class="cell-text" x="{Left + (column * Cell) + (Cell / 2)}" y="{Top + (row * Row) + 19}" text-anchor="middle">{count}</text>""");

    /// <summary>Images by decoder depth, where the model has decoder exits.</summary>
    private static string Decoders(PolicyResult policy) => policy.Points.Keys.Any(static point => point.DecoderDepth is null) ? "" : ", decoder " + string.Join(", ", policy.Points
        .GroupBy(static point => point.Key.DecoderDepth).OrderBy(static group => group.Key)
        .Select(static group => FormattableString.Invariant($"{group.Key}: {group.Sum(static point => point.Value)}")));

    private static string Fallbacks(PolicyResult policy) => policy.Fallbacks is { } share ? FormattableString.Invariant($", guard {100 * share:0}%") : "";
}
