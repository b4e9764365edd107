using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Derive;

/// <summary>
/// Reads the rows of a <c>derived.jsonl</c> file one after the other. A run that was killed may leave a last line that is cut off,
/// which has no line feed: <c>derive</c> drops it and goes on from <see cref="CompleteBytes"/>, anything else takes it for the error it is.
/// </summary>
internal sealed class DerivedRowReader(string file)
{
    private const string What = "rows of derive";

    /// <summary>The file as it was named.</summary>
    public string File => file;

    /// <summary>Length of the lines read so far, line feeds included.</summary>
    public long CompleteBytes { get; private set; }

    /// <summary>Number of the line read last, from 1.</summary>
    public int Line { get; private set; }

    /// <param name="dropTornEnd">Whether a last line without line feed is passed over, whatever it holds.</param>
    /// <exception cref="RecipeException">Cannot be read, or a line is wrong: names the file, the line and the field.</exception>
    public IEnumerable<DerivedRow> Read(bool dropTornEnd = false)
    {
        (CompleteBytes, Line) = (0, 0);
        using var stream = Open();
        var reader = new JsonLineReader(stream, file, What);
        foreach (var line in reader.ReadLines())
        {
            (Line, CompleteBytes) = (reader.Line, reader.CompleteBytes);
            yield return DerivedRowParser.Parse(line.Span, Place());
        }

        CompleteBytes = reader.CompleteBytes;
        if (reader.Rest.Length > 0 && !dropTornEnd)
        {
            Line++;
            yield return ParseEnd(reader.Rest.Span);
        }
    }

    private Entry Place() => new(file, $"line {Line}");

    /// <summary>A last line without line feed counts where it is whole, as editors leave it.</summary>
    private DerivedRow ParseEnd(ReadOnlySpan<byte> line)
    {
        try
        {
            return DerivedRowParser.Parse(line, Place());
        }
        catch (RecipeException exception)
        {
            throw new RecipeException($"{exception.Message} It is the last line and has no line feed: a run of derive was killed while it wrote it. Give that command again, or remove the line.", exception);
        }
    }

    private FileStream Open()
    {
        try
        {
            return System.IO.File.OpenRead(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException(exception is FileNotFoundException or DirectoryNotFoundException
                ? $"There is no file {file} ({What})."
                : $"{file} ({What}) cannot be read: {exception.Message}", exception);
        }
    }
}
