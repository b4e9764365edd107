using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Settings;

namespace EcoM2F.Serving.Observability;

/// <summary>Where traces and metrics are sent.</summary>
internal sealed class OtlpOptions
{
    public const string Section = "Otlp";

    /// <summary>The specification's own variable; it, and its relatives, are read by the exporter itself.</summary>
    public const string StandardVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <remarks>Such as http://localhost:4317. Null: <see cref="StandardVariable"/>, else nothing is sent.</remarks>
    [Setting("Collector for traces and metrics, as is `OTEL_EXPORTER_OTLP_ENDPOINT`; the other `OTEL_` variables hold too.", Allowed = "a URL")]
    [Url(ErrorMessage = "Otlp:Endpoint must be an absolute http or https URL.")]
    public string? Endpoint { get; set; }
}
