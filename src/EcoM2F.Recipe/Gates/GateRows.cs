namespace EcoM2F.Recipe.Gates;

/// <summary>Rows of <c>derived.jsonl</c> files as one set to train on.</summary>
/// <param name="Data">In the order of data sets and names: the order of lines and files does not matter.</param>
/// <param name="LeftOut">Rows without quality at some point: nothing to score, so nothing to learn.</param>
/// <param name="Datasets">Short hashes; <see cref="Unknown"/> for rows that say none.</param>
/// <param name="Models">As <paramref name="Datasets"/>.</param>
public sealed record GateRows(GateData Data, int LeftOut, IReadOnlyList<string> Datasets, IReadOnlyList<string> Models)
{
    /// <summary>Whether qualities are agreement with the deepest exit at the own size, not measured on labels.</summary>
    public bool IsAgreement => Data.IsAgreement;

    /// <summary>Stands for a hash that rows do not give.</summary>
    public const string Unknown = "unknown";

    /// <exception cref="RecipeException">A line is wrong, an image occurs twice, or rows do not belong together or to the model.</exception>
    public static GateRows Read(IReadOnlyList<string> files, GateRowRules rules, CancellationToken cancellationToken = default)
    {
        var collection = new GateRowCollection(rules);
        foreach (var file in files)
        {
            collection.Add(file, cancellationToken);
        }

        return collection.ToRows();
    }
}
