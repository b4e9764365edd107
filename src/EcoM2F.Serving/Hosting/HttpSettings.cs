using System.ComponentModel.DataAnnotations;
using EcoM2F.Inference.Settings;

namespace EcoM2F.Serving.Hosting;

/// <summary>How the service is reached through proxies.</summary>
internal sealed class HttpSettings
{
    public const string Section = "Http";

    [Setting(
        "Under which clients reach the service, whether or not a proxy removes it before. Links in answers begin with it. A proxy that removes a path may send `X-Forwarded-Prefix` instead.",
        Allowed = "a path, such as `/seg`")]
    [RegularExpression(PublicPath.Pattern, ErrorMessage = "Http:PathBase must be a path such as /seg: segments of letters, digits and -._~, without a slash at the end")]
    public string? PathBase { get; set; }

    [Setting(
        "These speak HTTP/2 without TLS (prior knowledge), and nothing else, for proxies that want it. `--urls \"http://*:8080;http://*:8081\" --Http:Http2Ports:0=8081`.",
        Allowed = "ports of `urls`")]
    public int[] Http2Ports { get; set; } = [];

    [Setting(
        "Whose `x-envoy-expected-rq-timeout-ms` is [taken as a deadline](reliability.md#deadlines). `Http__TrustedProxies__0=10.0.0.0/8`.",
        Allowed = "addresses, networks")]
    public string[] TrustedProxies { get; set; } = [];

    [Setting("Images of one request to `/v1/segment/batch`.")]
    [Range(1, 100_000, ErrorMessage = "Http:MaxBatchImages must be from 1 to 100000.")]
    public int MaxBatchImages { get; set; } = 1000;
}
