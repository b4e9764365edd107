namespace EcoM2F.Serving.Hosting;

/// <summary>The settings as the service reads them, without building a host: the same sources in the same order, none watched.</summary>
internal static class ServiceConfiguration
{
    public static IConfigurationRoot Read(string[] arguments)
    {
        var host = new ConfigurationBuilder()
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables("DOTNET_")
            .AddCommandLine(arguments)
            .Build();
        var contentRoot = Path.GetFullPath(host[HostDefaults.ContentRootKey] ?? ".");
        var environment = host[HostDefaults.EnvironmentKey] ?? Environments.Production;
        return new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, ShippedSettings.FileName), optional: true)
            .AddConfiguration(host)
            .AddJsonFile(Path.Combine(contentRoot, ShippedSettings.FileName), optional: true)
            .AddJsonFile(Path.Combine(contentRoot, $"appsettings.{environment}.json"), optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine(arguments)
            .Build();
    }
}
