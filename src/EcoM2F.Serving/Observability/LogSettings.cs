using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Settings;

namespace EcoM2F.Serving.Observability;

/// <summary>How the console's log looks; levels, and further sinks, are Serilog's own settings.</summary>
internal sealed class LogSettings
{
    public const string Section = "Logs";

    public const string Json = "json";

    [Setting("The console's log: lines for people, or compact JSON for collectors.")]
    [RegularExpression("^(text|json)$", ErrorMessage = "Logs:Format must be 'text' or 'json'.")]
    public string Format { get; set; } = "text";
}
