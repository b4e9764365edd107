namespace EcoM2F.Inference.Tests.Architecture;

/// <summary>What uses what, by name.</summary>
internal sealed record DependencyGraph(IReadOnlyDictionary<string, IReadOnlySet<string>> Uses)
{
    /// <summary>A line for each name with the names it uses, in order: what two graphs are compared by.</summary>
    public IReadOnlyList<string> Lines => [.. Uses.OrderBy(static entry => entry.Key, StringComparer.Ordinal)
        .Select(static entry => $"{entry.Key}: {string.Join(", ", entry.Value.Order(StringComparer.Ordinal))}")];

    /// <summary>Names that use themselves by way of others.</summary>
    public IReadOnlyList<string> InCircles => [.. Closure().Uses.Where(static entry => entry.Value.Contains(entry.Key)).Select(static entry => entry.Key)];

    /// <summary>With an arrow for every way along arrows.</summary>
    public DependencyGraph Closure() => new(Uses.Keys.ToDictionary(static name => name, Reachable));

    private IReadOnlySet<string> Reachable(string name)
    {
        var found = new HashSet<string>();
        var next = new Stack<string>(Uses[name]);
        while (next.TryPop(out var used))
        {
            if (found.Add(used) && Uses.TryGetValue(used, out var further))
            {
                foreach (var other in further)
                {
                    next.Push(other);
                }
            }
        }

        return found;
    }
}
