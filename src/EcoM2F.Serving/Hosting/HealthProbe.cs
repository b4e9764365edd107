using System.Net;
using System.Net.Security;
using EcoM2F.Serving.Health;

namespace EcoM2F.Serving.Hosting;

/// <summary>
/// <c>EcoM2F.Serving health</c>: asks the service that runs beside it whether it is ready. For container images without a shell or
/// curl; given the service's own settings it finds the service's own address. No host is built, so that it takes little of the
/// machine that it asks about.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The first argument that asks for it.</summary>
    public const string Command = "health";

    private const string UrlOption = "url";

    /// <summary>A service that answers later than this is of no use to a client.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static bool IsAsked(string[] arguments) => arguments is [Command, ..];

    /// <param name="arguments">Behind <see cref="Command"/>: <c>--url</c> and an address, or the service's own.</param>
    /// <param name="error">Gets one line where it is not healthy.</param>
    /// <returns><see cref="ExitCodes.Done"/> where the answer is 200, else <see cref="ExitCodes.Failed"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter error)
    {
        var failure = await FailureAsync(arguments);
        if (failure is null)
        {
            return ExitCodes.Done;
        }

        await error.WriteLineAsync(failure.ReplaceLineEndings(" "));
        return ExitCodes.Failed;
    }

    private static async Task<string?> FailureAsync(string[] arguments)
    {
        Uri url;
        bool isHttp2;
        try
        {
            var settings = ServiceConfiguration.Read(arguments);
            url = Url(arguments, settings);
            isHttp2 = url.Scheme == Uri.UriSchemeHttp && HealthAddress.IsHttp2(settings, url.Port);
        }
        catch (Exception wrong) when (wrong is FormatException or InvalidDataException)
        {
            return $"Invalid settings: {wrong.Message}";
        }

        using var client = new HttpClient(Handler(url)) { Timeout = Patience };
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url)
            {
                Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return response.StatusCode == HttpStatusCode.OK ? null : $"{url} answered {(int)response.StatusCode}.";
        }
        catch (HttpRequestException exception)
        {
            return $"{url} cannot be reached: {exception.Message}";
        }
        catch (OperationCanceledException)
        {
            return $"{url} did not answer within {Patience.TotalSeconds:0} s.";
        }
    }

    private static Uri Url(string[] arguments, IConfiguration settings)
    {
        if (new ConfigurationBuilder().AddCommandLine(arguments).Build()[UrlOption] is not { } given)
        {
            return new Uri(HealthAddress.Find(settings), HealthEndpoints.Ready);
        }

        return Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new FormatException($"--{UrlOption} is '{given}'; it must be an absolute http or https address, such as http://127.0.0.1:8080{HealthEndpoints.Ready}.");
    }

    /// <summary>Straight to the service, past any proxy; and with whatever certificate it has where the machine asks itself.</summary>
    private static SocketsHttpHandler Handler(Uri url)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        if (url.IsLoopback)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, errors) => errors != SslPolicyErrors.RemoteCertificateNotAvailable;
        }

        return handler;
    }
}
