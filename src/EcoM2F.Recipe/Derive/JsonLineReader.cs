using System.Text.Json;
using EcoM2F.Inference.Json;

namespace EcoM2F.Recipe.Derive;

/// <summary>
/// Reads a file of one JSON value per line. Whatever follows the last line feed is kept apart: a run that was killed may have left a line
/// that is cut off. A byte-order mark at the front of a line is skipped: of several files that were put together each may have one.
/// </summary>
/// <param name="stream">From its position to its end; the caller's.</param>
/// <param name="what">What the lines are, for messages.</param>
internal sealed class JsonLineReader(Stream stream, string file, string what)
{
    /// <summary>A row of 2,048 features takes 30 KB; a line of 100 detections at each of a dozen exits ten times as much and more.</summary>
    private const int MaxLineBytes = 16 * 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Length of the lines read so far, line feeds included.</summary>
    public long CompleteBytes { get; private set; }

    /// <summary>Number of the line read last, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>What follows the last line feed, once all lines were read.</summary>
    public ReadOnlyMemory<byte> Rest => WithoutMark();

    /// <summary>Lines that have a line feed, without it. Each is valid until the next is asked for.</summary>
    /// <exception cref="RecipeException">The file cannot be read, or a line is too long.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> ReadLines()
    {
        var searched = 0;
        while (true)
        {
            var length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length < 0)
            {
                searched = _end - _start;
                if (!Fill())
                {
                    yield break;
                }

                continue;
            }

            length += searched;
            searched = 0;
            Line++;
            yield return WithoutMark(length);
            CompleteBytes += length + 1;
            _start += length + 1;
        }
    }

    private ReadOnlyMemory<byte> WithoutMark(int? length = null)
    {
        var line = _buffer.AsMemory(_start, length ?? _end - _start);
        try
        {
            return line[(line.Length - JsonFile.WithoutMark(line.Span).Length)..];
        }
        catch (JsonException exception)
        {
            throw new RecipeException($"{file}: line {Line}: {JsonProblem.Of(exception)}.", exception);
        }
    }

    /// <returns>Whether there was more.</returns>
    private bool Fill()
    {
        var kept = _end - _start;
        if (kept > MaxLineBytes)
        {
            throw new RecipeException($"{file}: line {Line + 1} is longer than {MaxLineBytes} bytes; {what} were expected.");
        }

        var target = kept > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, kept).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, kept);
        try
        {
            var read = stream.Read(_buffer.AsSpan(_end));
            _end += read;
            return read > 0;
        }
        catch (IOException exception)
        {
            throw new RecipeException($"{file} ({what}) cannot be read: {exception.Message}", exception);
        }
    }
}
