using System.Text.Encodings.Web;
using System.Text.Json;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>A JSON file that grows under a temporary name: it is there whole or not at all. Owns the file until it is complete.</summary>
internal sealed class GrowingJsonFile : IDisposable
{
    /// <summary>Bytes after which the writer hands on what it has: a file may have any number of images.</summary>
    private const int FlushBytes = 1 << 16;

    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _stream;

    public GrowingJsonFile(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _path = path;

        // Shards write the same file: each has a temporary name of its own.
        _temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        _stream = File.Create(_temporary);

        // The default encoder would escape the <, > and + that run-length encodings are full of.
        Json = new Utf8JsonWriter(_stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public Utf8JsonWriter Json { get; }

    public void FlushIfLong()
    {
        if (Json.BytesPending > FlushBytes)
        {
            Json.Flush();
        }
    }

    /// <returns>The file's path.</returns>
    public string Complete()
    {
        Json.Dispose(); // which writes what it has to the stream
        _stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        return _path;
    }

    public void Dispose()
    {
        Json.Dispose();
        _stream.Dispose();
        File.Delete(_temporary);
    }
}
