using System.Text.RegularExpressions;

namespace EcoM2F.Serving.Hosting;

/// <summary>
/// Finds the path under which the client sees the service, so that links in answers lead back to it: <c>X-Forwarded-Prefix</c> of
/// a proxy that removed the path, or the configured <see cref="HttpSettings.PathBase"/>, which is removed here where no proxy did.
/// The header is taken from anybody: it changes nothing but paths in the sender's own answer, and only a plain path is taken.
/// </summary>
internal sealed partial class PublicPath(RequestDelegate next, PathString configured)
{
    public const string Header = "X-Forwarded-Prefix";

    /// <summary>Segments that begin with a letter or digit: no <c>//host</c>, no <c>/..</c>, nothing to escape.</summary>
    public const string Pattern = "(/[A-Za-z0-9][A-Za-z0-9._~-]*)+";

    private const int LongestPrefix = 200;

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var rest = PathString.Empty;
        var isInside = configured.HasValue && request.Path.StartsWithSegments(configured, StringComparison.OrdinalIgnoreCase, out rest);
        if (isInside)
        {
            request.Path = rest;
        }

        var forwarded = Prefix(request.Headers[Header].ToString());
        request.PathBase = forwarded is null ? configured
            : isInside && !forwarded.EndsWith(configured.Value!, StringComparison.OrdinalIgnoreCase) ? new PathString(forwarded).Add(configured)
            : forwarded;
        return next(context);
    }

    /// <summary>Proxies behind one another list their prefixes from the outside in.</summary>
    private static string? Prefix(string header)
    {
        var prefix = string.Concat(header.Split(',').Select(static part => part.Trim().TrimEnd('/')));
        return prefix.Length is > 0 and <= LongestPrefix && PlainPath().IsMatch(prefix) ? prefix : null;
    }

    [GeneratedRegex($"^{Pattern}$")]
    private static partial Regex PlainPath();
}
