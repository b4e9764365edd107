using System.Net;

namespace EcoM2F.Client;

/// <summary>The service refused a request, or failed: RFC 9457's problem, with what the service adds.</summary>
public sealed class SegmentException : Exception
{
    internal SegmentException(HttpStatusCode status, Problem? problem, TimeSpan? retryAfter)
        : base(problem?.Detail ?? problem?.Title ?? $"The service answered {(int)status}.") => (Status, Problem, RetryAfter) = (status, problem, retryAfter);

    public HttpStatusCode Status { get; }

    /// <summary>Null where the answer came from something else, such as a proxy.</summary>
    public Problem? Problem { get; }

    /// <summary>How long to wait where the service is overloaded or not ready; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; }
}

/// <param name="Type">The kind, such as <c>/problems/overloaded</c>; docs/problems.md explains each.</param>
/// <param name="Field">The parameter, key of a header or part of a form that it is about.</param>
/// <param name="Allowed">What the field may be.</param>
/// <param name="TraceId">Finds the request in the service's log.</param>
public sealed record Problem(string Type, string Title, int Status, string? Detail = null, string? Field = null, string? Allowed = null, string? TraceId = null);
