using System.Globalization;
using Serilog;
using Serilog.Formatting.Compact;

namespace EcoM2F.Serving.Observability;

/// <summary>Structured logs: Serilog behind ILogger, every event with the trace id of its request.</summary>
internal static class LogSetup
{
    private const string Template = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} {TraceId}{NewLine}{Exception}";

    public static void AddLogs(this IServiceCollection services, IConfiguration configuration) => services.AddSerilog(
        logging =>
        {
            logging.ReadFrom.Configuration(configuration);
            if (configuration[$"{LogSettings.Section}:{nameof(LogSettings.Format)}"] == LogSettings.Json)
            {
                logging.WriteTo.Console(new CompactJsonFormatter());
            }
            else
            {
                logging.WriteTo.Console(outputTemplate: Template, formatProvider: CultureInfo.InvariantCulture);
            }
        },
        preserveStaticLogger: true);
}
