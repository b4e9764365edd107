using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Json;

namespace EcoM2F.Inference.Tests.Json;

/// <summary>Every way in which the library refuses a value: none may show a type of this program.</summary>
public sealed partial class JsonProblemTests
{
    [Theory]
    [InlineData("""{"whole": "x"}""", "$.whole", "a whole number")]
    [InlineData("""{"whole": 1.5}""", "$.whole", "a whole number")]
    [InlineData("""{"whole": 1e30}""", "$.whole", "a whole number")]
    [InlineData("""{"maybe": true}""", "$.maybe", "a whole number")]
    [InlineData("""{"long": 1.5}""", "$.long", "a whole number")]
    [InlineData("""{"number": "x"}""", "$.number", "a number")]
    [InlineData("""{"numbers": [1, "x"]}""", "$.numbers[1]", "a number")]
    [InlineData("""{"numbers": 1}""", "$.numbers", "a list")]
    [InlineData("""{"texts": {}}""", "$.texts", "a list")]
    [InlineData("""{"texts": [1]}""", "$.texts[0]", "text")]
    [InlineData("""{"flag": 1}""", "$.flag", "true or false")]
    [InlineData("""{"names": [1]}""", "$.names", "an object")]
    [InlineData("""{"inner": 1}""", "$.inner", "an object")]
    [InlineData("""{"inner": {}}""", "$.inner", "'name' is missing")]
    [InlineData("""{"inner": {"name": null}}""", "$.inner", "'name' must not be null")]
    [InlineData("""{"other": 1}""", "$.other", "'other' is unknown")]
    [InlineData("""{"flag": true, "flag": true}""", "$.flag", "'flag' occurs twice")]
    [InlineData("[]", "", "an object")]
    [InlineData("", "", "empty")]
    [InlineData("""{"flag": true""", "", "ends too early")]
    public void Of_Refused_NamesPlaceAndKind(string json, string place, string reason)
    {
        var exception = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, SampleJson.Default.Sample));
        var message = JsonProblem.Of(exception);
        Assert.Contains(place, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("System.", message, StringComparison.Ordinal);
        Assert.DoesNotContain("EcoM2F", message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_SeveralLines_NamesTheLine()
    {
        var exception = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("{\n\"whole\": [\n", SampleJson.Default.Sample));
        Assert.StartsWith("line 2: ", JsonProblem.Of(exception), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_SentenceThatIsNotKnown_ShowsNoType() =>
        Assert.DoesNotContain("System.", JsonProblem.Of(new JsonException("Something new about 'System.Int32'.")), StringComparison.Ordinal);

    [Theory]
    [InlineData("96", 96)]
    [InlineData("96.0", 96)]
    [InlineData("-9.6e1", -96)]
    public void Deserialize_WholeNumberAsFloat_IsThatNumber(string number, int expected)
    {
        var read = JsonSerializer.Deserialize($$"""{"whole": {{number}}, "maybe": {{number}}}""", SampleJson.Default.Sample)!;
        Assert.Equal((expected, expected), (read.Whole, read.Maybe));
    }

    internal sealed record Sample
    {
        public int Whole { get; init; }

        public int? Maybe { get; init; }

        public long Long { get; init; }

        public double? Number { get; init; }

        public double[]? Numbers { get; init; }

        public IReadOnlyList<string>? Texts { get; init; }

        public bool Flag { get; init; }

        public Dictionary<string, string>? Names { get; init; }

        public Inner? Inner { get; init; }
    }

    internal sealed record Inner(string Name);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
        Converters = [typeof(WholeNumberConverter)],
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false)]
    [JsonSerializable(typeof(Sample))]
    internal sealed partial class SampleJson : JsonSerializerContext;
}
