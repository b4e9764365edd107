using System.Net;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>The proxies whose word about a request is taken: <see cref="HttpSettings.TrustedProxies"/>.</summary>
internal sealed class TrustedProxies(IOptions<HttpSettings> settings)
{
    private readonly IReadOnlyList<IPNetwork> _networks = [.. settings.Value.TrustedProxies.Select(static text => Parse(text)!.Value)];

    /// <summary>Whether a request comes straight from one of them.</summary>
    public bool Sent(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && _networks.Any(network => network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    /// <param name="text">An address, or a network such as 10.0.0.0/8.</param>
    /// <returns>Null: neither.</returns>
    internal static IPNetwork? Parse(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, 8 * address.GetAddressBytes().Length)
        : null;
}
