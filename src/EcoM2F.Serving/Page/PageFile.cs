using Microsoft.Net.Http.Headers;

namespace EcoM2F.Serving.Page;

/// <summary>One file of the page, as it is sent.</summary>
/// <param name="Tag">Changes with the bytes, so that browsers need not fetch again what they have.</param>
internal sealed record PageFile(byte[] Bytes, string ContentType, EntityTagHeaderValue Tag);
