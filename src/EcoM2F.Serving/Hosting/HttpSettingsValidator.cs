using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>Checks what an attribute cannot: each port of the list.</summary>
internal sealed class HttpSettingsValidator : IValidateOptions<HttpSettings>
{
    private const int HighestPort = 65535;

    public ValidateOptionsResult Validate(string? name, HttpSettings options)
    {
        var wrong = options.Http2Ports.Where(static port => port is < 1 or > HighestPort).ToList();
        return wrong.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(wrong.Select(static port => $"Http:Http2Ports must hold ports from 1 to {HighestPort}, not '{port}'."));
    }
}
