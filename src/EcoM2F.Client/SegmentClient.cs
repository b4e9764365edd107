using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace EcoM2F.Client;

/// <summary>
/// A client of EcoM2F.Serving. Thread-safe. Cancelling closes the connection, and the service drops the image.
/// </summary>
/// <param name="http">With the service's address as its base; not owned.</param>
public sealed class SegmentClient(HttpClient http)
{
    private const string BudgetHeader = "Compute-Budget";

    /// <summary>Segments one image.</summary>
    /// <param name="image">An encoded image (JPEG, PNG, WebP, GIF, TIFF, AVIF), read to its end and not disposed.</param>
    /// <exception cref="SegmentException">The service refused the request, or failed.</exception>
    /// <exception cref="HttpRequestException">The service cannot be reached.</exception>
    /// <exception cref="FormatException">The answer is not what the service writes.</exception>
    public async Task<SegmentResult> SegmentAsync(Stream image, SegmentOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var request = Request("v1/segment", new StreamContent(image), options);
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.Accept.ParseAdd(options is { Confidence: true } ? MultipartAnswer.MediaType : "application/json");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        await RequireSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        try
        {
            return response.Content.Headers.ContentType?.MediaType == MultipartAnswer.MediaType
                ? await MultipartAnswer.ReadAsync(response.Content, cancellationToken).ConfigureAwait(false)
                : (await response.Content.ReadFromJsonAsync(ClientJson.Default.SegmentResult, cancellationToken).ConfigureAwait(false))!;
        }
        catch (JsonException exception)
        {
            throw new FormatException("The answer is not JSON that the service writes.", exception);
        }
    }

    /// <summary>Segments many images in one request; answers come as images are done, while later ones are still sent.</summary>
    /// <param name="images">Read one after the other, as fast as the service takes them.</param>
    /// <param name="options">For every image.</param>
    /// <exception cref="SegmentException">The service refused the request as a whole. An image that fails is an item with a problem.</exception>
    /// <exception cref="HttpRequestException">The service cannot be reached.</exception>
    public async IAsyncEnumerable<BatchItem> SegmentManyAsync(
        IEnumerable<BatchImage> images, SegmentOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var request = Request("v1/segment/batch", new BatchContent(images), options);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        await RequireSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            yield return JsonSerializer.Deserialize(line, ClientJson.Default.BatchItem)!;
        }
    }

    private static HttpRequestMessage Request(string path, HttpContent content, SegmentOptions? options)
    {
        options ??= SegmentOptions.Default;
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path + options.ToQuery(), UriKind.Relative)) { Content = content };
        if (options.Budget?.ToString() is { Length: > 0 } budget)
        {
            request.Headers.TryAddWithoutValidation(BudgetHeader, budget);
        }

        if (options.Urgency is { } urgency)
        {
            request.Headers.TryAddWithoutValidation("Priority", string.Create(CultureInfo.InvariantCulture, $"u={urgency}"));
        }

        return request;
    }

    private static async Task RequireSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? await response.Content.ReadFromJsonAsync(ClientJson.Default.Problem, cancellationToken).ConfigureAwait(false)
            : null;
        throw new SegmentException(response.StatusCode, problem, response.Headers.RetryAfter?.Delta);
    }
}
