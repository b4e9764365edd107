using System.Globalization;
using System.Text;

namespace EcoM2F.Inference.Compute.StructuredFields;

/// <summary>RFC 9651, section 4.2.3.1: the first character tells the type.</summary>
internal static class BareItemReader
{
    private const int MaxIntegerDigits = 15;
    private const int MaxDecimalIntegerDigits = 12;
    private const int MaxFractionDigits = 3;
    private const string TokenExtras = "!#$%&'*+-.^_`|~:/";

    public static BareItem Read(ref FieldReader reader)
    {
        var first = reader.Peek();
        if (first == '-' || char.IsAsciiDigit(first))
        {
            return ReadNumber(ref reader);
        }

        if (first == '*' || char.IsAsciiLetter(first))
        {
            return ReadToken(ref reader);
        }

        return first switch
        {
            '"' => ReadString(ref reader),
            ':' => ReadByteSequence(ref reader),
            '?' => ReadBoolean(ref reader),
            '@' => ReadDate(ref reader),
            '%' => ReadDisplayString(ref reader),
            _ => throw reader.Error($"{FieldReader.Describe(first)} where a value should start"),
        };
    }

    private static BareItem ReadNumber(ref FieldReader reader)
    {
        var start = reader.Position;
        reader.TryTake('-');
        var whole = SkipDigits(ref reader);
        if (whole == 0)
        {
            throw reader.Error($"{FieldReader.Describe(reader.Peek())} where a digit should be");
        }

        if (!reader.TryTake('.'))
        {
            return whole <= MaxIntegerDigits
                ? new BareItem(ItemType.Integer, Number(reader.Since(start)), "")
                : throw reader.Error($"an integer of more than {MaxIntegerDigits} digits");
        }

        var fraction = SkipDigits(ref reader);
        return (whole, fraction) switch
        {
            ( > MaxDecimalIntegerDigits, _) => throw reader.Error($"a decimal with more than {MaxDecimalIntegerDigits} digits before the point"),
            (_, 0) => throw reader.Error("a decimal without a digit after the point"),
            (_, > MaxFractionDigits) => throw reader.Error($"a decimal with more than {MaxFractionDigits} digits after the point"),
            _ => new BareItem(ItemType.Decimal, Number(reader.Since(start)), ""),
        };
    }

    private static int SkipDigits(ref FieldReader reader)
    {
        var count = 0;
        for (; char.IsAsciiDigit(reader.Peek()); count++)
        {
            reader.Take();
        }

        return count;
    }

    private static decimal Number(ReadOnlySpan<char> text)
    {
        // decimal holds 28 digits, so that a hostile run of zeros or nines can be long only up to the checks' limits
        return decimal.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
    }

    private static BareItem ReadToken(ref FieldReader reader)
    {
        var start = reader.Position;
        while (char.IsAsciiLetterOrDigit(reader.Peek()) || TokenExtras.Contains(reader.Peek()))
        {
            reader.Take();
        }

        return new BareItem(ItemType.Token, 0, reader.Since(start).ToString());
    }

    private static BareItem ReadString(ref FieldReader reader)
    {
        reader.Expect('"');
        var text = new StringBuilder();
        while (true)
        {
            var next = reader.Take();
            switch (next)
            {
                case '"':
                    return new BareItem(ItemType.String, 0, text.ToString());
                case '\\' when reader.Peek() is '"' or '\\':
                    text.Append(reader.Take());
                    break;
                case '\\':
                    throw reader.Error("a backslash before something other than '\"' or '\\'");
                case < ' ' or > '~':
                    throw reader.Error("a string that is not closed, or holds something other than printable ASCII");
                default:
                    text.Append(next);
                    break;
            }
        }
    }

    private static BareItem ReadByteSequence(ref FieldReader reader)
    {
        reader.Expect(':');
        var start = reader.Position;
        while (char.IsAsciiLetterOrDigit(reader.Peek()) || reader.Peek() is '+' or '/' or '=')
        {
            reader.Take();
        }

        var base64 = reader.Since(start).ToString();
        reader.Expect(':');
        // the RFC asks parsers to accept base64 without padding
        var padded = base64.TrimEnd('=');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        return Convert.TryFromBase64String(padded, new byte[padded.Length], out _)
            ? new BareItem(ItemType.ByteSequence, 0, base64)
            : throw reader.Error("a byte sequence that is not valid Base64");
    }

    private static BareItem ReadBoolean(ref FieldReader reader)
    {
        reader.Expect('?');
        return reader.TryTake('1') ? BareItem.True
            : reader.TryTake('0') ? new BareItem(ItemType.Boolean, 0, "")
            : throw reader.Error("a boolean other than ?0 and ?1");
    }

    private static BareItem ReadDate(ref FieldReader reader)
    {
        reader.Expect('@');
        var number = ReadNumber(ref reader);
        return number.Type == ItemType.Integer
            ? number with { Type = ItemType.Date }
            : throw reader.Error("a date that is not a whole number of seconds");
    }

    private static BareItem ReadDisplayString(ref FieldReader reader)
    {
        reader.Expect('%');
        reader.Expect('"');
        var bytes = new List<byte>();
        while (true)
        {
            var next = reader.Take();
            switch (next)
            {
                case '"':
                    return new BareItem(ItemType.DisplayString, 0, Utf8(bytes, reader));
                case '%':
                    bytes.Add((byte)((ReadHexDigit(ref reader) << 4) | ReadHexDigit(ref reader)));
                    break;
                case < ' ' or > '~':
                    throw reader.Error("a display string that is not closed, or holds something other than printable ASCII");
                default:
                    bytes.Add((byte)next);
                    break;
            }
        }
    }

    private static int ReadHexDigit(ref FieldReader reader)
    {
        var digit = "0123456789abcdef".IndexOf(reader.Peek(), StringComparison.Ordinal);
        if (digit < 0 || reader.AtEnd)
        {
            throw reader.Error("a percent sign without two lower-case hexadecimal digits");
        }

        reader.Take();
        return digit;
    }

    private static string Utf8(List<byte> bytes, FieldReader reader)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw reader.Error("a display string that is not valid UTF-8");
        }
    }
}
