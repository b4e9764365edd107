namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Gives every pixel of a map to one of several masks or classes, band after band of rows. One thread each: several divide the rows of a map among
/// them. Owns its tiles.
/// </summary>
internal abstract class PixelCompetition(TileResampler tiles) : IDisposable
{
    /// <summary>Gets what each pixel's winner reaches; every pixel is computed then. Null: not asked for.</summary>
    public ConfidenceMap? Confidence { get; init; }

    protected TileResampler Tiles => tiles;

    /// <summary>Fills a map in as many stretches of rows as there are threads, and puts these together.</summary>
    /// <param name="create">Makes the competition of a stretch, which is disposed here.</param>
    /// <param name="map">Gets all rows.</param>
    /// <param name="collect">Called for each stretch when all are done, from the top on the caller's thread.</param>
    /// <exception cref="OperationCanceledException">Cancelled between two bands of rows.</exception>
    public static void Run<T>(Func<T> create, RunMap map, int threads, Action<T> collect, CancellationToken cancellationToken)
        where T : PixelCompetition
    {
        var bands = (map.Height + TileResampler.BandRows - 1) / TileResampler.BandRows;
        var count = Math.Min(threads, bands);
        if (count < 2)
        {
            using var all = create();
            all.Run(map, 0, map.Height, cancellationToken);
            collect(all);
            return;
        }

        var stretches = new (T Competition, RunMap Map)[count];
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = count, CancellationToken = cancellationToken }, i =>
            {
                var (top, bottom) = (Top(i), Math.Min(Top(i + 1), map.Height));
                stretches[i] = (create(), new RunMap(bottom - top, map.Width));
                stretches[i].Competition.Run(stretches[i].Map, top, bottom, cancellationToken);
            });
            foreach (var (competition, rows) in stretches)
            {
                map.AddRows(rows);
                collect(competition);
            }
        }
        finally
        {
            foreach (var (competition, rows) in stretches)
            {
                competition?.Dispose();
                rows?.Dispose();
            }
        }

        int Top(int stretch) => stretch * bands / count * TileResampler.BandRows;
    }

    public virtual void Dispose() => tiles.Dispose();

    /// <summary>Decides the pixels of the present band of <see cref="Tiles"/> and adds its rows.</summary>
    protected abstract void RunBand(RunMap map);

    private void Run(RunMap map, int top, int bottom, CancellationToken cancellationToken)
    {
        for (; top < bottom; top += TileResampler.BandRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Tiles.BeginBand(top);
            RunBand(map);
        }
    }
}
