namespace EcoM2F.Serving.Page;

/// <summary><c>GET /</c>, the page to try the service with, and its files under <c>/page</c>.</summary>
internal static class PageEndpoints
{
    /// <summary>The page loads and calls nothing but this service, and no text on it can become a script or a style.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Names of files do not change with their content: browsers ask each time, and get 304 for what they have.</summary>
    private const string Revalidate = "no-cache";

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", Index).ExcludeFromDescription();
        routes.MapGet("/page/{**path}", static (string? path, HttpResponse response) => File($"page/{path}", response)).ExcludeFromDescription();
    }

    /// <summary>Links on the page are relative, so a path such as /seg needs its slash.</summary>
    private static IResult Index(HttpRequest request, HttpResponse response) =>
        request.Path.HasValue ? File(PageFiles.Index, response) : TypedResults.Redirect($"{request.PathBase}/{request.QueryString}");

    private static IResult File(string path, HttpResponse response)
    {
        if (!PageFiles.All.TryGetValue(path, out var file))
        {
            return TypedResults.NotFound();
        }

        SetOn(response.Headers);
        return TypedResults.Bytes(file.Bytes, file.ContentType, entityTag: file.Tag);
    }

    private static void SetOn(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = Revalidate;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
    }
}
