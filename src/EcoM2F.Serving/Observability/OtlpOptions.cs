namespace EcoM2F.Serving.Observability;

/// <summary>Where traces and metrics are sent.</summary>
internal sealed class OtlpOptions
{
    public const string Section = "Otlp";

    /// <summary>The specification's own variable; it, and its relatives, are read by the exporter itself.</summary>
    public const string StandardVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>URL of a collector, such as http://localhost:4317. Null: <see cref="StandardVariable"/>, else nothing is sent.</summary>
    public Uri? Endpoint { get; set; }
}
