using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Hosting;

internal static class PublicPathSetup
{
    public static void UsePublicPath(this WebApplication app) => app.UseMiddleware<PublicPath>(
        new PathString(app.Services.GetRequiredService<IOptions<HttpSettings>>().Value.PathBase));
}
