using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>
/// <c>measured.jsonl</c> in a report's folder: a line for each image, in the order of the set, written as it is measured. A run goes on after the
/// lines that are its own; what follows (a line cut off by a kill, lines of another model, gate or data set) is measured anew. Held
/// alone while it is open.
/// </summary>
internal sealed class MeasuredFile : IDisposable
{
    public const string Name = "measured.jsonl";

    private readonly FileStream _stream;
    private readonly string _run;
    private readonly List<MeasuredImage> _images;

    private MeasuredFile(FileStream stream, string run, List<MeasuredImage> images) => (_stream, _run, _images) = (stream, run, images);

    /// <summary>Those that have been measured.</summary>
    public IReadOnlyList<MeasuredImage> Images => _images;

    /// <param name="folder">Of the report; made if it is not there.</param>
    /// <param name="run">What lines have in common that may stand in one report.</param>
    /// <param name="parts">What each line needs to hold.</param>
    /// <exception cref="RecipeException">Another run has it open, or it cannot be written.</exception>
    public static MeasuredFile Open(string folder, string run, IReadOnlyList<DatasetImage> images, MeasuredParts parts)
    {
        var path = Path.Combine(folder, Name);
        FileStream? stream = null;
        try
        {
            Directory.CreateDirectory(folder);
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0); // a line is one write
            var (measured, length) = Read(stream, run, images, parts);
            stream.SetLength(length);
            stream.Seek(length, SeekOrigin.Begin);
            return new MeasuredFile(stream, run, measured);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            stream?.Dispose();
            throw new RecipeException($"{path} cannot be written: {exception.Message}", exception);
        }
    }

    public void Append(MeasuredImage image)
    {
        _stream.Write([.. JsonSerializer.SerializeToUtf8Bytes(new MeasuredLine(_run, image), MeasuredLineContext.Default.MeasuredLine), (byte)'\n']);
        _images.Add(image);
    }

    public void Dispose()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
    }

    private static (List<MeasuredImage> Images, long Length) Read(FileStream stream, string run, IReadOnlyList<DatasetImage> images, MeasuredParts parts)
    {
        var measured = new List<MeasuredImage>();
        var length = 0L;
        var buffered = new BufferedStream(stream, 1 << 16); // not disposed: the stream is written to afterwards
        using var line = new MemoryStream();
        while (measured.Count < images.Count && ReadLine(buffered, line))
        {
            if (Parse(line) is not { } found || found.Run != run || found.Image.Image != images[measured.Count].Name || !parts.AreIn(found.Image))
            {
                break;
            }

            measured.Add(found.Image);
            length += line.Length + 1;
        }

        return (measured, length);
    }

    /// <returns>Whether there was a line with a line feed.</returns>
    private static bool ReadLine(BufferedStream stream, MemoryStream line)
    {
        line.SetLength(0);
        for (int next; (next = stream.ReadByte()) >= 0;)
        {
            if (next == '\n')
            {
                return true;
            }

            line.WriteByte((byte)next);
        }

        return false;
    }

    private static MeasuredLine? Parse(MemoryStream line)
    {
        try
        {
            return JsonSerializer.Deserialize(line.GetBuffer().AsSpan(0, (int)line.Length), MeasuredLineContext.Default.MeasuredLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Run">See <see cref="MeasuredFile.Open"/>.</param>
internal sealed record MeasuredLine(string Run, MeasuredImage Image);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(MeasuredLine))]
internal sealed partial class MeasuredLineContext : JsonSerializerContext;
