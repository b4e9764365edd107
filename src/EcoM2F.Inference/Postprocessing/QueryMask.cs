namespace EcoM2F.Inference.Postprocessing;

/// <summary>The mask of one query at the size of the result. Owns the runs.</summary>
/// <param name="MeanProbability">Inside the mask.</param>
internal sealed record QueryMask(MaskRuns Runs, double MeanProbability) : IDisposable
{
    public void Dispose() => Runs.Dispose();
}

/// <summary>Makes masks of single queries, one at a time. Owns what it makes them with; not thread-safe.</summary>
internal interface IQueryMasks : IDisposable
{
    /// <returns>Owned by the caller.</returns>
    QueryMask Make(int query, CancellationToken cancellationToken);
}
