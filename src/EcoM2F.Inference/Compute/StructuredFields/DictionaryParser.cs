namespace EcoM2F.Inference.Compute.StructuredFields;

/// <summary>
/// RFC 9651, section 4.2.2: a field value as a dictionary. Strict, with one difference: every member is returned, in order,
/// so that the caller can refuse a key that occurs twice (the RFC lets the last one win).
/// </summary>
internal static class DictionaryParser
{
    /// <exception cref="StructuredFieldException">The text is not a dictionary.</exception>
    public static IReadOnlyList<DictionaryMember> Parse(ReadOnlySpan<char> text)
    {
        var reader = new FieldReader(text);
        var members = new List<DictionaryMember>();
        reader.SkipSpaces();
        while (!reader.AtEnd)
        {
            members.Add(ReadMember(ref reader));
            reader.SkipWhitespace();
            if (reader.AtEnd)
            {
                break;
            }

            reader.Expect(',');
            reader.SkipWhitespace();
            if (reader.AtEnd)
            {
                throw reader.Error("a comma at the end");
            }
        }

        return members;
    }

    private static DictionaryMember ReadMember(ref FieldReader reader)
    {
        var key = reader.ReadKey();
        if (!reader.TryTake('='))
        {
            return new DictionaryMember(key, BareItem.True, SkipParameters(ref reader));
        }

        if (!reader.TryTake('('))
        {
            var value = BareItemReader.Read(ref reader);
            return new DictionaryMember(key, value, SkipParameters(ref reader));
        }

        SkipInnerList(ref reader);
        return new DictionaryMember(key, null, SkipParameters(ref reader));
    }

    private static void SkipInnerList(ref FieldReader reader)
    {
        while (true)
        {
            reader.SkipSpaces();
            if (reader.TryTake(')'))
            {
                return;
            }

            BareItemReader.Read(ref reader);
            SkipParameters(ref reader);
            if (reader.Peek() is not (' ' or ')'))
            {
                throw reader.Error("an inner list that is not closed");
            }
        }
    }

    private static bool SkipParameters(ref FieldReader reader)
    {
        var any = false;
        while (reader.TryTake(';'))
        {
            any = true;
            reader.SkipSpaces();
            reader.ReadKey();
            if (reader.TryTake('='))
            {
                BareItemReader.Read(ref reader);
            }
        }

        return any;
    }
}
