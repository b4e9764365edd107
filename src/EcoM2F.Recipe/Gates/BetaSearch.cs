using System.Globalization;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Finds the price that leads to a mean depth, a mean cost or a loss of quality, on choices for images that the gate did not see. Prices have three
/// decimals, as a request's header can carry them. A scan finds the place, halving refines it; depth falls with the price but for noise.
/// </summary>
internal sealed class BetaSearch(Func<double, PriceJudgement> judge)
{
    /// <summary>Layers by which a mean depth may miss its target.</summary>
    public const double DepthTolerance = 0.1;

    private const int Halvings = 8;

    private readonly SortedDictionary<double, PriceJudgement> _curve = [];

    /// <summary>0, then from 0.001 to the most that may be asked, each about 1.8 times the one before.</summary>
    private static IEnumerable<double> Scan =>
        Enumerable.Range(0, 21).Select(static step => Math.Round(Math.Pow(10, -3 + (step * 0.25)), 3)).Prepend(0).Distinct();

    /// <summary>What was looked at, by price.</summary>
    public IReadOnlyCollection<PriceJudgement> Curve => _curve.Values;

    /// <returns>The price.</returns>
    /// <exception cref="RecipeException">No price leads there; says what can be reached.</exception>
    public double Find(GateTarget target)
    {
        foreach (var beta in Scan)
        {
            At(beta);
        }

        return target.Kind switch
        {
            GateTargetKind.Depth => ByDepth(target.Value),
            GateTargetKind.Gmacs => ByGmacs(target.Value, target.Nearest),
            GateTargetKind.GmacsShare => ByGmacs(target.Value * _curve.Values.First().Full.Gmacs, target.Nearest),
            _ => ByQualityLoss(target.Value),
        };
    }

    public PriceJudgement At(double beta)
    {
        if (!_curve.TryGetValue(beta, out var judgement))
        {
            judgement = judge(beta);
            _curve.Add(beta, judgement);
        }

        return judgement;
    }

    /// <summary>The looked-at prices next to one, up to so many on each side, and that one.</summary>
    public IReadOnlyList<PriceJudgement> Around(double beta, int each)
    {
        PriceJudgement[] all = [.. _curve.Values];
        var place = Array.FindIndex(all, point => point.Beta == beta);
        return all[Math.Max(0, place - each)..Math.Min(all.Length, place + each + 1)];
    }

    private double ByDepth(double depth)
    {
        Halve(point => point.Gate.MeanDepth >= depth);
        var (least, most) = (_curve.Values.Min(static point => point.Gate.MeanDepth), _curve.Values.Max(static point => point.Gate.MeanDepth));

        // Of two equally near the cheaper.
        var nearest = _curve.Values.MinBy(point => (Math.Abs(point.Gate.MeanDepth - depth), point.Gate.MeanDepth))!;
        if (Math.Abs(nearest.Gate.MeanDepth - depth) <= DepthTolerance)
        {
            return nearest.Beta;
        }

        throw Unreachable(
            $"a mean depth of {depth:0.###}",
            $"from {least:0.##} to {most:0.##} layers (nearest: {nearest.Gate.MeanDepth:0.##} at beta {nearest.Beta:0.###})");
    }

    private double ByGmacs(double gmacs, bool orNearest)
    {
        Halve(point => point.Gate.Gmacs >= gmacs);
        var (least, most) = (_curve.Values.Min(static point => point.Gate.Gmacs), _curve.Values.Max(static point => point.Gate.Gmacs));

        // Of two equally near the cheaper.
        var nearest = _curve.Values.MinBy(point => (Math.Abs(point.Gate.Gmacs - gmacs), point.Gate.Gmacs))!;
        return orNearest || Math.Abs(nearest.Gate.Gmacs - gmacs) <= GateTarget.GmacsTolerance * gmacs
            ? nearest.Beta
            : throw Unreachable(
                $"a mean cost of {gmacs:0.###} GMACs",
                $"from {least:0.##} to {most:0.##} GMACs (nearest: {nearest.Gate.Gmacs:0.##} at beta {nearest.Beta:0.###})");
    }

    /// <summary>Of all prices whose loss is allowed the one with the least mean cost.</summary>
    private double ByQualityLoss(double loss)
    {
        Halve(point => point.QualityLoss <= loss);
        var allowed = _curve.Values.Where(point => point.QualityLoss <= loss).ToArray();
        if (allowed.Length > 0)
        {
            return allowed.MinBy(static point => (point.Gate.MeanCost, point.QualityLoss))!.Beta;
        }

        var (least, most) = (_curve.Values.MinBy(static point => point.QualityLoss)!, _curve.Values.Max(static point => point.QualityLoss));
        throw Unreachable(
            $"a loss of at most {loss:0.###} PQ points",
            $"from {least.QualityLoss:0.##} (at beta {least.Beta:0.###}, mean depth {least.Gate.MeanDepth:0.##}) to {most:0.##} PQ points");
    }

    /// <summary>Between the largest price where something holds and the next one, where it does not.</summary>
    private void Halve(Func<PriceJudgement, bool> holds)
    {
        var last = _curve.Values.LastOrDefault(holds);
        if (last is null || last.Beta == _curve.Keys.Last())
        {
            return;
        }

        var (low, high) = (last.Beta, _curve.Keys.First(beta => beta > last.Beta));
        for (var step = 0; step < Halvings; step++)
        {
            var middle = Math.Round((low + high) / 2, 3);
            if (middle <= low || middle >= high)
            {
                return;
            }

            (low, high) = holds(At(middle)) ? (middle, high) : (low, middle);
        }
    }

    private static RecipeException Unreachable(FormattableString what, FormattableString range) =>
        new($"{what.ToString(CultureInfo.InvariantCulture)} cannot be reached with these rows; what can: {range.ToString(CultureInfo.InvariantCulture)}.");
}
