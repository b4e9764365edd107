namespace EcoM2F.Recipe.Datasets;

/// <summary>Work on every entry of a set, on all cores. Whatever is wrong with the entries is told at once, in their order.</summary>
internal static class EntryWork
{
    /// <summary>Wrong entries that a message lists.</summary>
    private const int Shown = 10;

    /// <param name="progress">Called from many threads, one at a time.</param>
    /// <returns>In the order of the entries.</returns>
    /// <exception cref="RecipeException">Some are wrong: each that is has a line, up to ten.</exception>
    public static TResult[] ForAll<TEntry, TResult>(
        IReadOnlyList<TEntry> entries, Func<TEntry, TResult> work, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var results = new TResult[entries.Count];
        var errors = new SortedDictionary<int, string>();
        var counting = new Lock();
        var done = 0;
        Parallel.For(0, entries.Count, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            string? error = null;
            try
            {
                results[i] = work(entries[i]);
            }
            catch (RecipeException exception)
            {
                error = exception.Message;
            }

            lock (counting)
            {
                progress?.Report(new DatasetProgress(++done, entries.Count));
                if (error is not null)
                {
                    errors.Add(i, error);
                }
            }
        });
        return errors.Count == 0 ? results : throw new RecipeException(Tell(errors.Values));
    }

    private static string Tell(IReadOnlyCollection<string> errors)
    {
        var lines = errors.Take(Shown);
        return string.Join('\n', errors.Count > Shown ? lines.Append($"and {errors.Count - Shown} more entries are wrong.") : lines);
    }
}
