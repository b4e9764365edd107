namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>One value that an expression has at an instant; a scalar has no labels.</summary>
public sealed record PrometheusSample(IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <returns>The label's value; empty where there is none, as in PromQL.</returns>
    public string Label(string name) => Labels.GetValueOrDefault(name, "");
}
