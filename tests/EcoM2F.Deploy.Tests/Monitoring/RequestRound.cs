using System.Net;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>A fixed set of requests: every photograph with each kind of budget, and some that are refused.</summary>
internal static class RequestRound
{
    private static readonly (string Profile, string Budget)[] Budgets =
    [
        ("balanced", ""),
        ("fast", "profile=fast"),
        ("balanced", "max-depth=2"),
        ("beta", "beta=0.5"),
        ("none", "depth=1"),
    ];

    /// <summary>Status, query and budget of what is refused.</summary>
    private static readonly (HttpStatusCode Status, string Query, string Budget)[] Refused =
    [
        (HttpStatusCode.NotFound, "?model=unknown", ""),
        (HttpStatusCode.BadRequest, "", "depth=99"),
        (HttpStatusCode.BadRequest, "", "profile=unknown"),
        (HttpStatusCode.GatewayTimeout, "", "deadline-ms=1"),
    ];

    /// <summary>Images served in one round.</summary>
    public static int Images => Budgets.Length * Photos().Length;

    /// <summary>Statuses of one round, and how often each is answered.</summary>
    public static IReadOnlyDictionary<int, int> Statuses { get; } = Refused.Select(static request => (int)request.Status)
        .Concat(Enumerable.Repeat(200, Images))
        .CountBy(static status => status)
        .ToDictionary();

    /// <returns>The images that were served.</returns>
    public static async Task<IReadOnlyList<ServedImage>> SendAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var served = new List<ServedImage>();
        foreach (var photo in Photos())
        {
            foreach (var (profile, budget) in Budgets)
            {
                using var response = await PostAsync(client, photo, "", budget, cancellationToken);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                served.Add(ServedImage.Parse(profile, Assert.Single(response.Headers.GetValues("Compute-Used"))));
            }
        }

        foreach (var (status, query, budget) in Refused)
        {
            using var response = await PostAsync(client, Photos()[0], query, budget, cancellationToken);
            Assert.Equal(status, response.StatusCode);
        }

        return served;
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string photo, string query, string budget, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment" + query)
        {
            Content = new ByteArrayContent(await File.ReadAllBytesAsync(photo, cancellationToken)),
        };
        if (budget.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Compute-Budget", budget);
        }

        return await client.SendAsync(request, cancellationToken);
    }

    private static string[] Photos() => [.. Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Fixtures, "photos"), "*.jpg").Order(StringComparer.Ordinal)];
}
