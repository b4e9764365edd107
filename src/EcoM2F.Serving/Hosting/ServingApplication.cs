namespace EcoM2F.Serving.Hosting;

/// <summary>Builds the host from the command line. Settings and certificates are read once, so that no file is watched.</summary>
internal static class ServingApplication
{
    /// <summary>
    /// Watching takes one of the user's inotify instances, of which Linux has 128 by default: on a developer's machine none may be
    /// left, and the host would not start.
    /// </summary>
    private const string KeepSettings = "--hostBuilder:reloadConfigOnChange=false";

    private const string KeepCertificates = "Microsoft.AspNetCore.Server.Kestrel.DisableCertificateFileWatching";

    public static WebApplicationBuilder CreateBuilder(string[] arguments)
    {
        AppContext.SetSwitch(KeepCertificates, true);
        var builder = WebApplication.CreateBuilder([KeepSettings, .. arguments]);
        builder.AddShippedSettings();
        builder.UseDefaultUrl();
        builder.AddServing();
        return builder;
    }

    /// <returns>Listening; the caller disposes.</returns>
    public static async Task<WebApplication> StartAsync(string[] arguments)
    {
        var app = CreateBuilder(arguments).Build();
        try
        {
            app.UseServing();
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }
}
