namespace EcoM2F.Recipe.Metrics;

/// <summary>Quality of a set of images under one policy, recomputed in microseconds to milliseconds for any resample. Thread-safe.</summary>
internal interface ISetMetric
{
    /// <summary>How many images there are.</summary>
    int Images { get; }

    /// <param name="weights">How often each image counts, 0 or more; empty for once each.</param>
    /// <returns>A fraction; NaN where the images hold nothing that could be scored.</returns>
    double Quality(ReadOnlySpan<int> weights);

    /// <summary>By class index, every image once; NaN for a class that does not occur.</summary>
    IReadOnlyList<double> PerClass();
}
