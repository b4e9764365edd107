namespace EcoM2F.Deploy.Tests.Monitoring;

/// <param name="Time">Seconds since the Unix epoch.</param>
public readonly record struct PrometheusPoint(double Time, double Value);
