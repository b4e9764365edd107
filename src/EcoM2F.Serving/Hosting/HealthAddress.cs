using System.Globalization;
using System.Net;

namespace EcoM2F.Serving.Hosting;

/// <summary>Where a service with given settings can be reached from the machine it runs on.</summary>
internal static class HealthAddress
{
    /// <summary>The first that speaks plain HTTP/1.1, else plain HTTP/2, else the first, in Kestrel's order: its endpoints, then urls, then ports.</summary>
    /// <exception cref="FormatException">The settings name no address that can be asked.</exception>
    public static Uri Find(IConfiguration settings)
    {
        var addresses = Listening(settings).Select(Parse).ToList();
        var plain = addresses.Where(static one => one.Scheme == Uri.UriSchemeHttp).ToList();
        var address = plain.Find(one => !IsHttp2(settings, one.Port)) ?? plain.FirstOrDefault() ?? addresses[0];
        if (address.IsUnixPipe || address.IsNamedPipe)
        {
            throw new FormatException($"The service listens on {address}, which is not a network address; give --url.");
        }

        return address.Port > 0
            ? new UriBuilder(address.Scheme, Reachable(address.Host), address.Port).Uri
            : throw new FormatException($"The service listens on a port that the system chooses ({address}); give --url.");
    }

    /// <summary>Whether the port speaks HTTP/2 without TLS, and nothing else.</summary>
    public static bool IsHttp2(IConfiguration settings, int port) =>
        settings.GetSection($"{HttpSettings.Section}:{nameof(HttpSettings.Http2Ports)}").GetChildren()
            .Any(entry => int.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var known) && known == port);

    private static List<string> Listening(IConfiguration settings)
    {
        var endpoints = settings.GetSection(DefaultUrl.Endpoints).GetChildren().Select(static endpoint => endpoint["Url"]).OfType<string>().ToList();
        return endpoints.Count > 0 ? endpoints
            : Values(settings["urls"]) is { Count: > 0 } urls ? urls
            : Ports(settings) is { Count: > 0 } ports ? ports
            : [DefaultUrl.Value];
    }

    private static List<string> Ports(IConfiguration settings) =>
    [
        .. Values(settings["http_ports"]).Select(static port => $"http://*:{port}"),
        .. Values(settings["https_ports"]).Select(static port => $"https://*:{port}"),
    ];

    private static List<string> Values(string? list) =>
        [.. (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static BindingAddress Parse(string address)
    {
        try
        {
            return BindingAddress.Parse(address);
        }
        catch (FormatException exception)
        {
            throw new FormatException($"urls: '{address}' is not an address: {exception.Message}", exception);
        }
    }

    /// <summary>Kestrel listens on every interface where a host is neither an IP address nor localhost.</summary>
    private static string Reachable(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? host
            : IPAddress.Loopback.ToString();
}
