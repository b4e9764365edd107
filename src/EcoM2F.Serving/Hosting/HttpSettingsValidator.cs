using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>Checks what an attribute cannot: each entry of the lists.</summary>
internal sealed class HttpSettingsValidator : IValidateOptions<HttpSettings>
{
    private const int HighestPort = 65535;

    public ValidateOptionsResult Validate(string? name, HttpSettings options)
    {
        List<string> wrong =
        [
            .. options.Http2Ports.Where(static port => port is < 1 or > HighestPort).Select(static port => $"Http:Http2Ports must hold ports from 1 to {HighestPort}, not '{port}'."),
            .. options.TrustedProxies.Where(static text => TrustedProxies.Parse(text) is null).Select(static text => $"Http:TrustedProxies must hold addresses or networks such as 10.0.0.0/8, not '{text}'."),
        ];
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
