namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>A rule as the server sees it.</summary>
/// <param name="Name">What it records, or the alert.</param>
/// <param name="Type"><c>recording</c> or <c>alerting</c>.</param>
/// <param name="Health"><c>ok</c>, <c>err</c> or <c>unknown</c>.</param>
/// <param name="Error">Of the last evaluation; empty where it went well.</param>
/// <param name="LastEvaluation">Seconds since the Unix epoch.</param>
internal sealed record PrometheusRule(string Name, string Type, string Expression, string Health, string Error, double LastEvaluation);
