namespace EcoM2F.Serving.Responses;

/// <summary>What <c>/livez</c> and <c>/readyz</c> say.</summary>
/// <param name="Status"><c>ok</c> or <c>unavailable</c>.</param>
internal sealed record HealthBody(string Status, IReadOnlyDictionary<string, HealthCheckBody> Checks);

internal sealed record HealthCheckBody(string Status, string? Description);
