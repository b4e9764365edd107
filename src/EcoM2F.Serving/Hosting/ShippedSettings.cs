using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;

namespace EcoM2F.Serving.Hosting;

/// <summary>
/// The appsettings.json that lies beside the program, below every other source. Started from another directory, the host would
/// look for it there and run without a log.
/// </summary>
internal static class ShippedSettings
{
    public const string FileName = "appsettings.json";

    public static void AddShippedSettings(this WebApplicationBuilder builder) => builder.Configuration.Sources.Insert(0, new JsonConfigurationSource
    {
        FileProvider = new PhysicalFileProvider(AppContext.BaseDirectory),
        Path = FileName,
        Optional = true,
    });
}
