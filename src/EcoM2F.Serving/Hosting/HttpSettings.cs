using System.ComponentModel.DataAnnotations;

namespace EcoM2F.Serving.Hosting;

/// <summary>How the service is reached through proxies.</summary>
internal sealed class HttpSettings
{
    public const string Section = "Http";

    /// <summary>The path under which clients reach the service, such as /seg, whether or not a proxy removes it.</summary>
    /// <value>none</value>
    [RegularExpression(PublicPath.Pattern, ErrorMessage = "Http:PathBase must be a path such as /seg: segments of letters, digits and -._~, without a slash at the end")]
    public string? PathBase { get; set; }

    /// <summary>Of the configured addresses, the ports that speak HTTP/2 without TLS, and nothing else.</summary>
    /// <value>none</value>
    public int[] Http2Ports { get; set; } = [];

    /// <summary>Addresses or networks, such as 10.0.0.0/8, of the proxies whose time limits for requests are taken.</summary>
    /// <value>none</value>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>Images of one request to /v1/segment/batch.</summary>
    /// <value>1000</value>
    [Range(1, 100_000, ErrorMessage = "Http:MaxBatchImages must be from 1 to 100000.")]
    public int MaxBatchImages { get; set; } = 1000;
}
