using System.Globalization;
using CsCheck;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Serving.Http;
using Microsoft.Extensions.Primitives;

namespace EcoM2F.Serving.Tests.Http;

/// <summary>
/// The rule, over random headers. A format's weight is that of the most specific members that match it, the highest of equals;
/// malformed members count for nothing. Then the answer is
/// * JSON, where the header has no member;
/// * none, where no format has a weight above 0;
/// * JSON, where only a wildcard makes it acceptable;
/// * else the format of the highest weight among JSON and those that fit the tasks; JSON among equals; none, where there is none.
/// </summary>
public sealed class AcceptPropertyTests
{
    private const int Iterations = 3000;

    private static readonly Gen<SegmentationTasks> Tasks = Gen.OneOf(
        SegmentationTasks.Panoptic,
        SegmentationTasks.Instance,
        SegmentationTasks.Panoptic | SegmentationTasks.Semantic);

    private static readonly Gen<Member> WellFormed = Gen.Select(
        Gen.OneOf("*/*", "*", "application/*", "image/*", "multipart/*", "application/json", "image/png", "multipart/mixed", "image/webp", "image/jpeg", "IMAGE/PNG", "text/html", "image/gif"),
        Gen.Int[0, 1000],
        Gen.OneOf("{0}", "{0};q={1}", "{0}; q={1}", "{0} ;charset=utf-8; Q={1}", "{0};note=\"a,b;c\";q={1}", "{0};;q={1};last"),
        static (range, weight, form) => new Member(
            string.Format(CultureInfo.InvariantCulture, form, range, (weight / 1000m).ToString("0.###", CultureInfo.InvariantCulture)),
            range == "*" ? "*/*" : range.ToLowerInvariant(),
            form == "{0}" ? 1000 : weight));

    private static readonly Gen<Member> Malformed = Gen.OneOf(
        "image", "/png", "image/", "*/png", "image/png;q=1.5", "image/png;q=-1", "application/json;q=x", "application/json;q=", "im age/png", "=;=", "@/@", "\u00e9/\u00e9")
        .Select(static text => new Member(text, null, 0));

    private static readonly Gen<Member[]> Headers = Gen.Frequency((4, WellFormed), (1, Malformed)).Array[0, 6];

    [Fact]
    public void Choose_AnyHeader_FollowsTheRule() => Gen.Select(Headers, Tasks).Sample(
        static (members, tasks) => Assert.Contains(Choose(Text(members), tasks), Expected(members, tasks)),
        iter: Iterations);

    [Fact]
    public void Choose_MalformedMemberAdded_IsTheSame() => Gen.Select(WellFormed.Array[1, 5], Malformed, Gen.Int[0, 5], Tasks).Sample(
        static (members, malformed, position, tasks) => Assert.Equal(
            Choose(Text(members), tasks),
            Choose(Text([.. members.Take(position), malformed, .. members.Skip(position)]), tasks)),
        iter: Iterations);

    [Fact]
    public void Choose_MembersInLines_AreOneList() => Gen.Select(Headers, Tasks).Sample(
        static (members, tasks) => Assert.Equal(Choose(Text(members), tasks), Choose(new StringValues([.. members.Select(static member => member.Text)]), tasks)),
        iter: Iterations);

    [Fact]
    public void Choose_AnyText_ChoosesOrRefuses() => Gen.Select(Gen.String[Gen.Char[" \t,;=*/\"\\q.019abcjmpnimage"], 0, 40], Tasks).Sample(
        static (text, tasks) => Choose(text, tasks),
        iter: Iterations);

    /// <returns>Null for 406.</returns>
    private static ResponseFormat? Choose(StringValues accept, SegmentationTasks tasks)
    {
        try
        {
            return AcceptNegotiation.Choose(accept, tasks);
        }
        catch (SegmentationException exception) when (exception.Error == SegmentationError.UnsupportedOutput)
        {
            return null;
        }
    }

    /// <summary>One; or several that are equal but for the order in which the header names them.</summary>
    private static IReadOnlyList<ResponseFormat?> Expected(Member[] members, SegmentationTasks tasks)
    {
        var weights = Enum.GetValues<ResponseFormat>().ToDictionary(static format => format, format => Weight(format, members));
        if (members.Length == 0)
        {
            return [ResponseFormat.Json];
        }

        if (weights.Values.All(static weight => weight == 0))
        {
            return [null];
        }

        var isNamed = members.Any(static member => member.Range == "application/json");
        if (weights[ResponseFormat.Json] > 0 && !isNamed)
        {
            return [ResponseFormat.Json];
        }

        var fitting = weights.Where(weight => weight.Value > 0 && Fits(weight.Key, tasks)).ToList();
        var best = fitting.Select(static weight => weight.Value).DefaultIfEmpty().Max();
        return weights[ResponseFormat.Json] > 0 && weights[ResponseFormat.Json] == best ? [ResponseFormat.Json]
            : best == 0 ? [null]
            : [.. fitting.Where(weight => weight.Value == best).Select(static weight => (ResponseFormat?)weight.Key)];
    }

    private static bool Fits(ResponseFormat format, SegmentationTasks tasks) =>
        format is ResponseFormat.Json or ResponseFormat.WebP or ResponseFormat.Jpeg || tasks == SegmentationTasks.Panoptic;

    private static int Weight(ResponseFormat format, Member[] members)
    {
        var type = format.MediaType();
        string[] ranges = [type, type[..type.IndexOf('/', StringComparison.Ordinal)] + "/*", "*/*"];
        var matching = ranges.Select(range => members.Where(member => member.Range == range).ToList()).FirstOrDefault(static found => found.Count > 0);
        return matching?.Max(static member => member.Thousandths) ?? 0;
    }

    private static string Text(Member[] members) => string.Join(", ", members.Select(static member => member.Text));

    /// <param name="Range">Null where it is malformed.</param>
    private sealed record Member(string Text, string? Range, int Thousandths);
}
