using System.ComponentModel.DataAnnotations;

namespace EcoM2F.Serving.Observability;

/// <summary>How the console's log looks; levels, and further sinks, are Serilog's own settings.</summary>
internal sealed class LogSettings
{
    public const string Section = "Logs";

    public const string Json = "json";

    /// <summary><c>text</c> for people, <c>json</c> (one compact object per line) for collectors.</summary>
    /// <value>text</value>
    [RegularExpression("^(text|json)$", ErrorMessage = "Logs:Format must be 'text' or 'json'.")]
    public string Format { get; set; } = "text";
}
