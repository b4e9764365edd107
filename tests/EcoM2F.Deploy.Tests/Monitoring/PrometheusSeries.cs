namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>What an expression's values were over time, for one set of labels.</summary>
public sealed record PrometheusSeries(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<PrometheusPoint> Points);
