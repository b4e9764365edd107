namespace EcoM2F.Recipe.Quantization;

/// <summary>
/// Finds which layers can be on 8 bits at once. Every group is tried alone, then all of them; while the loss is too large, the part that
/// costs most alone goes back to floats. A part is first cut in two, in the order of its layers, and only the half that costs more goes, so
/// that the worst layers are found in few measurements.
/// </summary>
/// <param name="measure">Loss in points with these layers on 8 bits; at least one.</param>
public sealed class LayerSearch(Func<IReadOnlyList<string>, Task<double>> measure)
{
    /// <summary>Parts of fewer layers are not cut: a measurement each would cost more than they gain.</summary>
    private const int LeastToCut = 4;

    private readonly List<SearchPart> _kept = [];
    private readonly List<SearchPart> _dropped = [];

    /// <param name="groups">Layers by the group that is tried together, in the model's order.</param>
    /// <param name="maxLoss">In points.</param>
    /// <returns>Nothing kept where no part alone is within the loss.</returns>
    public async Task<SearchResult> RunAsync(IReadOnlyList<(string Group, IReadOnlyList<string> Layers)> groups, double maxLoss)
    {
        _kept.Clear();
        _dropped.Clear();
        foreach (var (group, layers) in groups)
        {
            _kept.Add(new SearchPart(group, layers, await measure(layers).ConfigureAwait(false)));
        }

        IReadOnlyList<SearchPart> alone = [.. _kept];
        var loss = _kept.Count == 1 ? _kept[0].Loss : await MeasureKeptAsync().ConfigureAwait(false);
        while (loss > maxLoss)
        {
            await DropWorstAsync().ConfigureAwait(false);
            if (_kept.Count == 0)
            {
                return new SearchResult(alone, [], _dropped, double.NaN);
            }

            loss = await MeasureKeptAsync().ConfigureAwait(false);
        }

        return new SearchResult(alone, _kept, _dropped, loss);
    }

    private Task<double> MeasureKeptAsync() => measure([.. _kept.SelectMany(static part => part.Layers)]);

    private async Task DropWorstAsync()
    {
        var worst = _kept.MaxBy(static part => part.Loss)!;
        var place = _kept.IndexOf(worst);
        _kept.RemoveAt(place);
        if (worst.Layers.Count < LeastToCut)
        {
            _dropped.Add(worst);
            return;
        }

        var half = worst.Layers.Count / 2;
        var first = await HalfAsync(worst, [.. worst.Layers.Take(half)]).ConfigureAwait(false);
        var second = await HalfAsync(worst, [.. worst.Layers.Skip(half)]).ConfigureAwait(false);
        var (kept, dropped) = first.Loss > second.Loss ? (second, first) : (first, second);
        _kept.Insert(place, kept);
        _dropped.Add(dropped);
    }

    private async Task<SearchPart> HalfAsync(SearchPart of, IReadOnlyList<string> layers) => new(of.Group, layers, await measure(layers).ConfigureAwait(false));
}

/// <summary>Layers that are tried together.</summary>
/// <param name="Loss">With these alone on 8 bits, in points.</param>
public sealed record SearchPart(string Group, IReadOnlyList<string> Layers, double Loss);

/// <param name="Alone">Every group, tried alone.</param>
/// <param name="Kept">What can be on 8 bits at once; empty where nothing can.</param>
/// <param name="Dropped">What went back to floats, in that order.</param>
/// <param name="Loss">Of all that is kept, in points; NaN where nothing is.</param>
public sealed record SearchResult(IReadOnlyList<SearchPart> Alone, IReadOnlyList<SearchPart> Kept, IReadOnlyList<SearchPart> Dropped, double Loss);
