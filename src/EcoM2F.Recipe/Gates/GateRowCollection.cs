using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Gates;

/// <summary>Rows that are being read, each checked against the model and against those before it.</summary>
internal sealed class GateRowCollection(GateRowRules rules)
{
    private readonly Dictionary<(string Dataset, string Image), string> _seen = [];
    private readonly SortedDictionary<string, string> _datasets = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _models = new(StringComparer.Ordinal);
    private readonly List<(string Dataset, DerivedRow Row)> _rows = [];

    public void Add(string file, CancellationToken cancellationToken)
    {
        var reader = new DerivedRowReader(file);
        foreach (var row in reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var place = $"{file}: line {reader.Line}";
            Check(row, place);
            var dataset = row.Dataset ?? GateRows.Unknown;
            if (!_seen.TryAdd((dataset, row.Image), place))
            {
                throw new RecipeException($"{place}: the image '{row.Image}' occurs already, at {_seen[(dataset, row.Image)]}; each image may have one row.");
            }

            _rows.Add((dataset, row));
        }

        if (reader.Line == 0)
        {
            throw new RecipeException($"{file} has no rows.");
        }
    }

    public GateRows ToRows()
    {
        var used = _rows.Where(static row => row.Row.Quality.All(double.IsFinite))
            .OrderBy(static row => row.Dataset, StringComparer.Ordinal).ThenBy(static row => row.Row.Image, StringComparer.Ordinal).ToArray();
        var data = new GateRowData(rules, [.. used.Select(static row => row.Row)]).ToData([.. used.Select(static row => row.Dataset)]);
        return new GateRows(data, _rows.Count - used.Length, [.. _datasets.Keys], [.. _models.Keys]);
    }

    private void Check(DerivedRow row, string place)
    {
        CheckPoints(row, place);
        CheckKind(row, place);
        if (row.Pooled.Length != rules.Width)
        {
            throw new RecipeException($"{place}: 'pooled' has {row.Pooled.Length} numbers; the model's pooled feature has {rules.Width}.");
        }

        _models.TryAdd(row.Model ?? GateRows.Unknown, place);
        var model = row.HasPoints ? rules.Points!.Model : rules.Model;
        if (!rules.AnyModel && row.Model != model)
        {
            throw new RecipeException(row.Model is null
                ? $"{place}: 'model' is missing, so nothing says that the row is of this model ({model}); --any-model takes it all the same."
                : $"{place}: 'model' is {row.Model}; this model is {model}. Derive the rows anew, or take them all the same with --any-model.");
        }

        if (_models.Count > 1)
        {
            throw new RecipeException($"The rows are of several models: {Places(_models)}. A gate is trained on rows of one.");
        }

        _datasets.TryAdd(row.Dataset ?? GateRows.Unknown, place);
        if (_datasets.Count > 1 && !rules.MixDatasets)
        {
            throw new RecipeException($"The rows are of several data sets: {Places(_datasets)}. To train on them together say --mix-datasets.");
        }
    }

    private void CheckPoints(DerivedRow row, string place)
    {
        if (!row.HasPoints && !row.Depths.SequenceEqual(rules.Exits))
        {
            throw new RecipeException($"{place}: 'exits' is [{string.Join(", ", row.Depths)}]; the model's are [{string.Join(", ", rules.Exits)}].");
        }

        if (row.HasPoints && rules.Points is null)
        {
            throw new RecipeException($"{place}: 'points' are of a model with sizes or decoder exits, and this one has neither; its rows have 'exits'. Derive the rows with this model.");
        }

        if (row.HasPoints && !row.Points.Select(static point => point.Key).SequenceEqual(rules.Points!.All))
        {
            throw new RecipeException($"{place}: 'points' are [{string.Join(", ", row.Points.Select(static point => point.Key))}]; the model's are [{string.Join(", ", rules.Points!.All)}].");
        }
    }

    /// <summary>Rows that cannot stand beside those before.</summary>
    private void CheckKind(DerivedRow row, string place)
    {
        if (_rows is not [var (_, first), ..])
        {
            return;
        }

        Require(row.HasPoints == first.HasPoints, "'points' or 'exits'", "choose among points or among exits alone");
        Require(row.Reference == first.Reference, $"'reference' {row.Reference ?? "absent"}", "are all of quality on labels or all of agreement");
        Require((row.Precision ?? GraphPrecisions.Fp32) == (first.Precision ?? GraphPrecisions.Fp32), $"'precision' {row.Precision}", "are all of one precision");

        void Require(bool same, string what, string rule)
        {
            if (!same)
            {
                throw new RecipeException($"{place}: {what} is not as in the rows before; the rows of one gate {rule}.");
            }
        }
    }

    private static string Places(SortedDictionary<string, string> hashes) => string.Join(" and ", hashes.Select(static hash => $"{hash.Key} ({hash.Value})"));
}
