namespace EcoM2F.Recipe.Derive;

/// <summary>
/// A <c>derived.jsonl</c> that grows: rows are appended in the order of the images, each in one write, so whatever ends a run leaves whole rows
/// and at most one that is cut off, which the next run drops. Held alone while it is open.
/// </summary>
internal sealed class DerivedFile : IDisposable
{
    /// <summary>How every row begins: what is dropped as cut off must look like one.</summary>
    private static readonly byte[] RowStart = "{\"image\":\""u8.ToArray();

    private readonly FileStream _stream;

    private DerivedFile(FileStream stream) => _stream = stream;

    /// <summary>How many rows of a part are there already.</summary>
    /// <param name="rows">What identifies the run.</param>
    /// <returns>Rows, and bytes that they take.</returns>
    /// <exception cref="RecipeException">The file is of another model, data set or part, or not of rows at all; says which.</exception>
    public static (int Rows, long Bytes) Check(string path, DerivedRun rows)
    {
        if (!File.Exists(path))
        {
            return (0, 0);
        }

        var reader = new DerivedRowReader(path);
        var names = new List<string>();
        foreach (var row in reader.Read(dropTornEnd: true))
        {
            rows.RequireSame(row, $"{path}, line {reader.Line}");
            names.Add(row.Image);
        }

        RequireTornRow(path, reader.CompleteBytes);
        rows.RequirePart(names, path);
        return (names.Count, reader.CompleteBytes);
    }

    /// <summary>Opens the file to go on after what <see cref="Check"/> found.</summary>
    /// <exception cref="RecipeException">Another run has it open, or wrote to it meanwhile.</exception>
    public static DerivedFile Open(string path, long bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        FileStream stream;
        try
        {
            // No buffer: a row is one write.
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException exception)
        {
            throw new RecipeException($"{path} cannot be written: {exception.Message}", exception);
        }

        try
        {
            RequireTornRow(stream, path, bytes);
            stream.SetLength(bytes);
            stream.Seek(bytes, SeekOrigin.Begin);
            return new DerivedFile(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public void Append(DerivedRow row) => _stream.Write(DerivedRowWriter.ToLine(row));

    public void Dispose()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
    }

    private static void RequireTornRow(string path, long bytes)
    {
        using var stream = File.OpenRead(path);
        RequireTornRow(stream, path, bytes);
    }

    /// <summary>What follows the whole rows is about to be cut off: it must be part of one row, and no file that means something else.</summary>
    private static void RequireTornRow(FileStream stream, string path, long bytes)
    {
        Span<byte> start = stackalloc byte[RowStart.Length];
        stream.Seek(bytes, SeekOrigin.Begin);
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (!RowStart.AsSpan().StartsWith(start[..read]))
        {
            throw new RecipeException($"{path} is not a file of derived rows; choose another --output.");
        }

        var buffer = new byte[64 * 1024];
        for (int length; (length = stream.Read(buffer)) > 0;)
        {
            if (buffer.AsSpan(0, length).Contains((byte)'\n'))
            {
                throw new RecipeException($"{path} is being written by another run.");
            }
        }
    }
}
