using EcoM2F.Inference.Settings;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

/// <summary>Which other sites' pages may call the service from a browser.</summary>
internal sealed class CorsSettings
{
    public const string Section = "Cors";

    /// <summary>Everybody; has to stand alone.</summary>
    public const string AnyOrigin = "*";

    [Setting("Whose pages may call the service. `Cors__Origins__0=https://example.org`.", Allowed = "`scheme://host[:port]`, or `*` alone")]
    public string[] Origins { get; set; } = [];
}

internal sealed class CorsSettingsValidator : IValidateOptions<CorsSettings>
{
    public ValidateOptionsResult Validate(string? name, CorsSettings options)
    {
        var wrong = options.Origins.Where(origin => !(origin == CorsSettings.AnyOrigin ? options.Origins.Length == 1 : IsOrigin(origin))).ToList();
        return wrong.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(wrong.Select(static origin =>
                $"Cors:Origins has '{origin}': each must be scheme://host[:port] without a path, or * alone."));
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase);
}
