using System.Text;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Serving.Http;
using Microsoft.Extensions.Primitives;

namespace EcoM2F.Fuzz.Targets;

/// <summary>The request header <c>Accept</c>; a line break separates header lines.</summary>
internal static class AcceptTarget
{
    public const string Name = "accept";

    public static FuzzTarget Create() => new(
        Name,
        [.. ((string[])["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json;q=0.5, image/png;q=1.0", "image/webp;note=\"a,b;c\\\"d\"\nmultipart/mixed", "*/*"]).Select(Encoding.UTF8.GetBytes)],
        [.. ((string[])[",", ";", "=", "\"", "\\", ";q=", "*", "/", "*/*", "application/json", " \t"]).Select(Encoding.UTF8.GetBytes)],
        static input => AcceptNegotiation.Choose(new StringValues(Encoding.Latin1.GetString(input).Split('\n')), SegmentationTasks.Panoptic),
        static exception => exception is SegmentationException { Error: SegmentationError.UnsupportedOutput });
}
