using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

internal static class Http2Setup
{
    /// <summary>Without TLS nothing negotiates a protocol, so that a port has one: HTTP/1.1, or HTTP/2 where configured.</summary>
    public static void AddHttp2Ports(this IServiceCollection services) => services
        .AddOptions<KestrelServerOptions>()
        .Configure<IOptions<HttpSettings>>(static (kestrel, settings) => kestrel.ConfigureEndpointDefaults(listen =>
        {
            if (listen.IPEndPoint is { Port: var port } && settings.Value.Http2Ports.Contains(port))
            {
                listen.Protocols = HttpProtocols.Http2;
            }
        }));
}
