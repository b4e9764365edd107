using System.Globalization;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>One value that an expression has at an instant; a scalar has no labels.</summary>
public sealed record PrometheusSample(IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <returns>The label's value; empty where there is none, as in PromQL.</returns>
    public string Label(string name) => Labels.GetValueOrDefault(name, "");

    /// <summary>The label <c>le</c> of a histogram's bucket as a number: Prometheus 2 keeps <c>1</c>, 3 writes <c>1.0</c>.</summary>
    public double UpperBound => Label("le") is "+Inf" ? double.PositiveInfinity : double.Parse(Label("le"), CultureInfo.InvariantCulture);
}
