using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Gates;

/// <summary>Checked rows as numbers to train on.</summary>
internal sealed class GateRowData(GateRowRules rules, IReadOnlyList<DerivedRow> rows)
{
    private readonly bool _hasPoints = rows is [{ HasPoints: true }, ..];

    /// <param name="datasets">By row.</param>
    public GateData ToData(IReadOnlyList<string> datasets)
    {
        IReadOnlyList<GatePoint> points = _hasPoints ? rules.Points!.Used : [.. rules.Exits.Select(static exit => new GatePoint(GateData.OwnSize, exit))];
        int[] columns = _hasPoints ? [.. points.Select(point => rules.Points!.All.ToList().IndexOf(point))] : [.. Enumerable.Range(0, points.Count)];
        var features = new float[rows.Count * rules.Width];
        for (var row = 0; row < rows.Count; row++)
        {
            rows[row].Pooled.CopyTo(features.AsSpan(row * rules.Width));
        }

        double[] quality = [.. rows.SelectMany(row => columns.Select(column => row.Quality[column]))];
        var names = datasets.Distinct().ToList();
        var full = _hasPoints ? points.ToList().FindLastIndex(point => point.Size == rules.Points!.Reference.Size) : points.Count - 1;
        GateData Of(bool probe, GateData? without) => new(points, features, quality, Costs(columns, probe), Gmacs(columns, probe))
        {
            Full = full < 0 ? points.Count - 1 : full,
            Fixed = without,
            IsAgreement = rows is [{ Reference: not null }, ..],
            Scenes = [.. rows.Select((row, i) => $"{datasets[i]} {rules.Scenes.Of(row.Image)}")],
            Sets = [.. datasets.Select(name => names.IndexOf(name))],
        };

        return Of(_hasPoints, _hasPoints ? Of(false, null) : null);
    }

    private double[] Costs(int[] columns, bool probe) => _hasPoints
        ? [.. rows.SelectMany(row => columns.Select(column => rules.Costs!.LayerEquivalents(row.Points[column], Own(row), Probe(row, probe))))]
        : [.. rows.SelectMany(row => columns.Select(column => (double)row.Points[column].Depth))];

    private double[]? Gmacs(int[] columns, bool probe) => rules.Costs is { } costs
        ? [.. rows.SelectMany(row => columns.Select(column => costs.Gmacs(row.Points[column], Probe(row, probe))))]
        : null;

    private static InputSize? Probe(DerivedRow row, bool probe) => probe ? row.Points[0].Input : null;

    private InputSize Own(DerivedRow row) => row.Points.First(point => point.Size == rules.Points!.Reference.Size).Input;
}
