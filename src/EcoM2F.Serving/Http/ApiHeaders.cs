using EcoM2F.Serving.Responses;

namespace EcoM2F.Serving.Http;

/// <summary>What every answer of the API carries: none may be cached, and these request headers change it.</summary>
internal static class ApiHeaders
{
    public static void SetOn(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-store";
        headers.Append("Vary", $"Accept, {ComputeHeaders.ComputeBudget}");
    }
}
