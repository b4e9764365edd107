using System.Text.Json;
using System.Text.RegularExpressions;

namespace EcoM2F.Inference.Json;

/// <summary>
/// What is wrong with JSON, in words for whoever wrote it. The library's own sentences name types of this program, repeat place and line,
/// or say how its reader was called.
/// </summary>
public static partial class JsonProblem
{
    /// <summary>Line, place and reason without a full stop, such as <c>line 3: $.images[0].width: a whole number was expected</c>.</summary>
    public static string Of(JsonException exception) =>
        exception.LineNumber is { } line ? $"line {line + 1}: {InLine(exception)}" : InLine(exception);

    /// <summary>The same without the line, for files with one JSON value per line.</summary>
    public static string InLine(JsonException exception) =>
        exception.Path is { Length: > 0 } place and not "$" ? $"{place}: {Reason(exception)}" : Reason(exception);

    private static string Reason(JsonException exception)
    {
        // A single value that does not fit is told by the inner exception; the outer one names the object around it.
        if (exception.InnerException is InvalidOperationException or FormatException && Value().Match(exception.InnerException.Message) is { Success: true } value)
        {
            return $"{Kind(value.Groups["type"].Value)} was expected";
        }

        var message = Place().Split(exception.Message, 2)[0].TrimEnd('.');
        if (Conversion().Match(message) is { Success: true } conversion)
        {
            return $"{Kind(conversion.Groups["type"].Value)} was expected";
        }

        if (Missing().Match(message) is { Success: true } missing)
        {
            var names = missing.Groups["names"].Value;
            return $"{names} {(names.Contains(',', StringComparison.Ordinal) ? "are" : "is")} missing";
        }

        if (Unknown().Match(message) is { Success: true } unknown)
        {
            return $"the key '{unknown.Groups["name"].Value}' is unknown";
        }

        if (Duplicate().Match(message) is { Success: true } duplicate)
        {
            return $"the key '{duplicate.Groups["name"].Value}' occurs twice";
        }

        if (Null().Match(message) is { Success: true } none)
        {
            return $"'{none.Groups["name"].Value}' must not be null";
        }

        return message switch
        {
            _ when message.StartsWith("The input does not contain any JSON tokens", StringComparison.Ordinal) => "the text is empty or ends too early",
            _ when message.StartsWith("Expected depth to be zero", StringComparison.Ordinal) => "the text ends too early: a list or an object is not closed",
            _ when TypeName().IsMatch(message) => "the value is not of the expected kind",
            _ => message,
        };
    }

    private static string Kind(string type) => type switch
    {
        _ when WholeNumber().IsMatch(type) => "a whole number",
        _ when Number().IsMatch(type) => "a number",
        "string" => "text",
        "boolean" => "true or false",
        _ when type.EndsWith("[]", StringComparison.Ordinal) || List().IsMatch(type) => "a list",
        _ when type.Contains("System.String", StringComparison.Ordinal) && !type.Contains("Dictionary", StringComparison.Ordinal) => "text",
        _ when type.Contains("System.Boolean", StringComparison.Ordinal) => "true or false",
        _ => "an object",
    };

    [GeneratedRegex(@"\s*(?:Path: |LineNumber: )")]
    private static partial Regex Place();

    [GeneratedRegex("could not be converted to (?<type>.+)$")]
    private static partial Regex Conversion();

    [GeneratedRegex("missing required properties including: (?<names>.+)$")]
    private static partial Regex Missing();

    [GeneratedRegex("^The JSON property '(?<name>.*)' could not be mapped")]
    private static partial Regex Unknown();

    [GeneratedRegex("^Duplicate property '(?<name>.*)' encountered")]
    private static partial Regex Duplicate();

    [GeneratedRegex("^The (?:constructor parameter|property or field) '(?<name>.*?)' (?:on|of) type")]
    private static partial Regex Null();

    [GeneratedRegex("(?:token type '.*' as an?|out of bounds for an?) (?<type>[A-Za-z0-9]+)")]
    private static partial Regex Value();

    [GeneratedRegex(@"^(?:System\.Nullable`1\[)?(?:System\.)?U?Int(?:16|32|64)\]?$")]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^(?:System\.Nullable`1\[)?(?:System\.)?(?:Single|Double|Decimal|number)\]?$")]
    private static partial Regex Number();

    [GeneratedRegex(@"^System\.Collections\.Generic\.I?(?:ReadOnly)?(?:List|Collection|Enumerable)`1")]
    private static partial Regex List();

    [GeneratedRegex(@"System\.|EcoM2F\.|Microsoft\.| type '")]
    private static partial Regex TypeName();
}
