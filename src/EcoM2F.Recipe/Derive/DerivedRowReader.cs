using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Derive;

/// <summary>
/// Reads the rows of a <c>derived.jsonl</c> file one after the other. A run that was killed may leave a last line that is cut off,
/// which has no line feed: <c>derive</c> drops it and goes on from <see cref="CompleteBytes"/>, anything else takes it for the error it is.
/// </summary>
public sealed class DerivedRowReader(string file)
{
    /// <summary>A row of 2,048 features takes 30 KB.</summary>
    private const int MaxLineBytes = 16 * 1024 * 1024;

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
        var buffer = new byte[64 * 1024];
        var (start, end) = (0, 0);
        while (true)
        {
            var length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                Line++;
                yield return DerivedRowParser.Parse(buffer.AsSpan(start, length), Place());
                CompleteBytes += length + 1;
                start += length + 1;
                continue;
            }

            (start, end) = MakeRoom(ref buffer, start, end);
            var read = Fill(stream, buffer.AsSpan(end));
            if (read == 0)
            {
                break;
            }

            end += read;
        }

        if (end > start && !dropTornEnd)
        {
            Line++;
            yield return ParseEnd(buffer.AsSpan(start, end - start));
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

    private (int Start, int End) MakeRoom(ref byte[] buffer, int start, int end)
    {
        var kept = end - start;
        if (kept > MaxLineBytes)
        {
            Line++;
            throw Place().Wrong($"the line is longer than {MaxLineBytes} bytes; this is no file of derived rows");
        }

        var target = kept > buffer.Length / 2 ? new byte[buffer.Length * 2] : buffer;
        buffer.AsSpan(start, kept).CopyTo(target);
        buffer = target;
        return (0, kept);
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
                ? $"There is no file {file} (rows of derive)."
                : $"{file} (rows of derive) cannot be read: {exception.Message}", exception);
        }
    }

    private int Fill(FileStream stream, Span<byte> room)
    {
        try
        {
            return stream.Read(room);
        }
        catch (IOException exception)
        {
            throw new RecipeException($"{file} (rows of derive) cannot be read: {exception.Message}", exception);
        }
    }
}
