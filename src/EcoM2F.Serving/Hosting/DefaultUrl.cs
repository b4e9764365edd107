namespace EcoM2F.Serving.Hosting;

/// <summary>
/// http://localhost:8080, unless an address is given in any of the usual ways. Not an endpoint in appsettings.json: that would
/// win over --urls.
/// </summary>
internal static class DefaultUrl
{
    public const string Value = "http://localhost:8080";

    /// <summary>Kestrel's own; wins over every other way.</summary>
    public const string Endpoints = "Kestrel:Endpoints";

    private static readonly string[] Keys = ["urls", "http_ports", "https_ports"];

    public static void UseDefaultUrl(this WebApplicationBuilder builder)
    {
        var given = Keys.Any(key => !string.IsNullOrWhiteSpace(builder.Configuration[key]))
            || builder.Configuration.GetSection(Endpoints).GetChildren().Any();
        if (!given)
        {
            builder.WebHost.UseUrls(Value);
        }
    }
}
