using EcoM2F.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client with <c>IHttpClientFactory</c>.</summary>
public static class ClientRegistration
{
    /// <param name="address">Of the service, such as <c>http://localhost:8080</c>; a path (behind a proxy) is kept.</param>
    /// <returns>To add handlers, such as retries that heed <see cref="SegmentException.RetryAfter"/>.</returns>
    public static IHttpClientBuilder AddSegmentClient(this IServiceCollection services, Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var text = address.AbsoluteUri;
        return services.AddHttpClient<SegmentClient>(http => http.BaseAddress = new Uri(text.EndsWith('/') ? text : text + "/"));
    }
}
