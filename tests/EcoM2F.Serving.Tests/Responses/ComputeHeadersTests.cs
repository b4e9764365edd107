using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Compute.StructuredFields;
using EcoM2F.Inference.Models;
using EcoM2F.Serving.Responses;

namespace EcoM2F.Serving.Tests.Responses;

public sealed class ComputeHeadersTests
{
    private static readonly ComputeUsed Compute = new(
        new ComputeDecision(new ComputePoint(320, new InputSize(320, 448), 3), ComputeReason.Gate, "balanced", 0.6),
        6,
        12.4,
        12.4 / (1 - 0.31),
        new StageTimes { Decode = 3, Queue = 1.2, Gate = 0.1, Encoder = 14.84 });

    [Fact]
    public void FormatUsed_IsTheContract() =>
        Assert.Equal("depth=3, max-depth=6, reason=gate, gmacs=12.4, saved=0.31", ComputeHeaders.FormatUsed(Compute));

    [Fact]
    public void FormatUsed_SeveralSizes_NamesThem() => Assert.Equal(
        "depth=3, max-depth=6, size=320, max-size=384, reason=gate, gmacs=12.4, saved=-0.24",
        ComputeHeaders.FormatUsed(Compute with { MaxSize = 384, FullGmacs = 10 }));

    [Fact]
    public void FormatUsed_IsADictionaryWithDecimals()
    {
        var members = DictionaryParser.Parse(ComputeHeaders.FormatUsed(Compute with { Gmacs = 12.000049, FullGmacs = 12.000049 }));

        Assert.Equal(ItemType.Decimal, members.Single(static member => member.Key == "gmacs").Value?.Type);
        Assert.Equal(ItemType.Decimal, members.Single(static member => member.Key == "saved").Value?.Type);
    }

    [Fact]
    public void FormatTiming_IsTheContract() =>
        Assert.Equal("queue;dur=1.2, decode;dur=3.0, gate;dur=0.1, encoder;dur=14.8;desc=\"3/6\"", ComputeHeaders.FormatTiming(Compute));
}
