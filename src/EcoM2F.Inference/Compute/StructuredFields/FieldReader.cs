namespace EcoM2F.Inference.Compute.StructuredFields;

/// <summary>A position in a field's text, and the grammar's smallest parts.</summary>
internal ref struct FieldReader(ReadOnlySpan<char> text)
{
    /// <summary>What <see cref="Peek"/> gives at the end; no field may hold it.</summary>
    public const char End = '\0';

    private readonly ReadOnlySpan<char> _text = text;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position >= _text.Length;

    public readonly char Peek() => AtEnd ? End : _text[Position];

    public char Take()
    {
        var next = Peek();
        Position++;
        return next;
    }

    public bool TryTake(char expected)
    {
        if (AtEnd || _text[Position] != expected)
        {
            return false;
        }

        Position++;
        return true;
    }

    public void Expect(char expected)
    {
        if (!TryTake(expected))
        {
            throw Error($"{Describe(Peek())} where '{expected}' should be");
        }
    }

    /// <summary>SP only.</summary>
    public void SkipSpaces()
    {
        while (TryTake(' '))
        {
        }
    }

    /// <summary>OWS: SP and HTAB.</summary>
    public void SkipWhitespace()
    {
        while (TryTake(' ') || TryTake('\t'))
        {
        }
    }

    public string ReadKey()
    {
        if (!(char.IsAsciiLetterLower(Peek()) || Peek() == '*'))
        {
            throw Error($"{Describe(Peek())} where a key (lower-case letters) should start");
        }

        var start = Position;
        while (char.IsAsciiLetterLower(Peek()) || char.IsAsciiDigit(Peek()) || Peek() is '_' or '-' or '.' or '*')
        {
            Position++;
        }

        return Since(start).ToString();
    }

    public readonly ReadOnlySpan<char> Since(int start) => _text[start..Position];

    public readonly StructuredFieldException Error(string what) => new($"{what}, at character {Position + 1}", Position);

    public static string Describe(char c) => c switch
    {
        End => "the end",
        < ' ' or > '~' => $"U+{(int)c:X4}",
        _ => $"'{c}'",
    };
}
