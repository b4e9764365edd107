namespace EcoM2F.Recipe.Datasets;

/// <summary>Entries of a file that the official tools pass over, by reason: how many, and the first few by name.</summary>
internal sealed class Omissions(string file)
{
    /// <summary>Entries that a line names.</summary>
    private const int Named = 3;

    private readonly SortedDictionary<string, (int Count, List<string> First)> _byReason = new(StringComparer.Ordinal);

    /// <summary>One line for each reason.</summary>
    public IReadOnlyList<string> Lines => [.. _byReason.Select(item => Line(item.Key, item.Value.Count, item.Value.First))];

    public void Add(string reason, string name)
    {
        var (count, first) = _byReason.TryGetValue(reason, out var before) ? before : (0, []);
        if (count < Named)
        {
            first.Add(name);
        }

        _byReason[reason] = (count + 1, first);
    }

    /// <exception cref="RecipeException">A list that is not empty has nothing that can be used.</exception>
    public void RequireSome(int listed, int used)
    {
        if (listed > 0 && used == 0)
        {
            throw new RecipeException($"{file}: none of its {listed} entries can be used.\n{string.Join('\n', Lines)}");
        }
    }

    private string Line(string reason, int count, List<string> first) =>
        $"{file}: {count} {(count == 1 ? "entry is" : "entries are")} left out ({reason}): {string.Join(", ", first)}{(count > Named ? ", ..." : "")}.";
}
