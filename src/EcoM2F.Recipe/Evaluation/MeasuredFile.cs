using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Json;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>
/// <c>measured.jsonl</c> in a report's folder: a line for each image, in the order of the set, written as it is measured. A run goes on
/// after the lines that are there; a last line that a kill cut off is dropped when the next is written. Held alone while it is open.
/// </summary>
internal sealed class MeasuredFile : IDisposable
{
    public const string Name = "measured.jsonl";

    private const string What = "measurements of evaluate";

    private readonly FileStream _stream;
    private readonly string _run;
    private readonly int _own;
    private readonly List<MeasuredImage> _images;
    private long _whole;

    private MeasuredFile(FileStream stream, string run, int own, List<MeasuredImage> images, long whole) =>
        (_stream, _run, _own, _images, _whole) = (stream, run, own, images, whole);

    /// <summary>Those that have been measured.</summary>
    public IReadOnlyList<MeasuredImage> Images => _images;

    /// <summary>Nothing is written, and nothing of what is there lost, before <see cref="Append"/>.</summary>
    /// <param name="folder">Of the report; made if it is not there.</param>
    /// <param name="run">What lines have in common that may stand in one report.</param>
    /// <param name="points">The model's, for each of which a line has values.</param>
    /// <param name="parts">What each line needs to hold.</param>
    /// <param name="own">The model's own size, where it has several.</param>
    /// <exception cref="RecipeException">Another run has it open, it cannot be written, or it is of another model, gate or data set; says which.</exception>
    public static MeasuredFile Open(string folder, string run, IReadOnlyList<DatasetImage> images, IReadOnlyList<GatePoint> points, MeasuredParts parts, int own = 0)
    {
        var path = Path.Combine(folder, Name);
        FileStream? stream = null;
        try
        {
            Directory.CreateDirectory(folder);
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0); // a line is one write
            var measured = new List<MeasuredImage>();
            var reader = new JsonLineReader(stream, path, What);
            foreach (var line in reader.ReadLines())
            {
                measured.Add(Check(line.Span, $"{path}, line {measured.Count + 1}", run, images.ElementAtOrDefault(measured.Count), points, parts));
            }

            return new MeasuredFile(stream, run, own, measured, reader.CompleteBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            stream?.Dispose();
            throw new RecipeException($"{path} cannot be written: {exception.Message}", exception);
        }
        catch
        {
            stream?.Dispose();
            throw;
        }
    }

    /// <summary>All images of another run, whose file is left as it is.</summary>
    /// <param name="run">Of this run: classes and data set have to agree.</param>
    /// <param name="points">Of the other run's model.</param>
    /// <exception cref="RecipeException">Not there, unfinished, or of other classes or another data set; says which.</exception>
    public static IReadOnlyList<MeasuredImage> Read(string folder, string run, IReadOnlyList<DatasetImage> images, IReadOnlyList<GatePoint> points)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var (truth, measured) = (Truth(run), new List<MeasuredImage>());
            foreach (var line in new JsonLineReader(stream, path, What).ReadLines())
            {
                var place = $"{path}, line {measured.Count + 1}";
                var found = Parse(line.Span, place, points);
                if (Truth(found.Run) != truth || found.Image.Image != images.ElementAtOrDefault(measured.Count)?.Name)
                {
                    throw new RecipeException($"{place} is of another data set, or of other classes, than this run.");
                }

                measured.Add(found.Image);
            }

            return measured.Count == images.Count ? measured : throw new RecipeException($"{path} has {measured.Count} of {images.Count} images: that evaluation is not finished.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{path} cannot be read: {exception.Message}", exception);
        }

        // Classes and data set, but neither sizes, model nor device: see Evaluator.Run.
        static string Truth(string run) => run.Split(' ') is ["1" or "2", _, var classes, var set, ..] ? $"{classes} {set}" : "";
    }

    public void Append(MeasuredImage image)
    {
        _stream.SetLength(_whole); // of a line that was cut off
        _stream.Seek(_whole, SeekOrigin.Begin);
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(new MeasuredLine(_run, MeasuredImageJson.Of(image, _own)), MeasuredLineContext.Default.MeasuredLine), (byte)'\n'];
        _stream.Write(line);
        _whole += line.Length;
        _images.Add(image);
    }

    public void Dispose() => _stream.Dispose();

    private static MeasuredImage Check(ReadOnlySpan<byte> line, string place, string run, DatasetImage? expected, IReadOnlyList<GatePoint> points, MeasuredParts parts)
    {
        const string Remedy = "Choose another --output, or remove the file to start anew.";
        var found = Parse(line, place, points, $" {Remedy}");
        if (found.Run != run || found.Image.Image != expected?.Name)
        {
            throw new RecipeException($"{place} is of another model, gate, device or data set than this run. {Remedy}");
        }

        return parts.AreIn(found.Image) ? found.Image : throw new RecipeException($"{place} was measured without mirror images, which this run needs. {Remedy}");
    }

    private static (string Run, MeasuredImage Image) Parse(ReadOnlySpan<byte> line, string place, IReadOnlyList<GatePoint> points, string remedy = "")
    {
        var refused = $"{place} is not a measurement of evaluate with {points.Count} {(points.Any(point => point.Size != points[0].Size || point.DecoderDepth is not null) ? "points" : "exits")}.{remedy}";
        try
        {
            return JsonSerializer.Deserialize(line, MeasuredLineContext.Default.MeasuredLine) is { } found && found.Image.Has(points)
                ? (found.Run, found.Image.ToImage(points))
                : throw new RecipeException(refused);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new RecipeException(refused, exception);
        }
    }
}

/// <param name="Run">See <see cref="MeasuredFile.Open"/>.</param>
internal sealed record MeasuredLine(string Run, MeasuredImageJson Image);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(WholeNumberConverter)],
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(MeasuredLine))]
internal sealed partial class MeasuredLineContext : JsonSerializerContext;
