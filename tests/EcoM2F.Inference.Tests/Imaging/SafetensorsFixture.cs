using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>Reads a gzipped safetensors file of tests/fixtures; enough of the format for tests, nothing checked.</summary>
internal sealed class SafetensorsFixture
{
    private readonly byte[] _bytes;
    private readonly JsonElement _header;
    private readonly int _data;

    private SafetensorsFixture(byte[] bytes)
    {
        var length = (int)BitConverter.ToInt64(bytes);
        _bytes = bytes;
        _data = 8 + length;
        _header = JsonSerializer.Deserialize<JsonElement>(bytes.AsSpan(8, length));
    }

    public static SafetensorsFixture Load(string folder)
    {
        using var file = File.OpenRead(Path.Combine(RepositoryPaths.Fixtures, folder, "expected.safetensors.gz"));
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var memory = new MemoryStream();
        gzip.CopyTo(memory);
        return new SafetensorsFixture(memory.ToArray());
    }

    public int[] Shape(string name) => [.. _header.GetProperty(name).GetProperty("shape").EnumerateArray().Select(v => v.GetInt32())];

    public bool IsHalf(string name) => _header.GetProperty(name).GetProperty("dtype").GetString() == "F16";

    public T[] Values<T>(string name)
        where T : unmanaged
    {
        var offsets = _header.GetProperty(name).GetProperty("data_offsets");
        var start = offsets[0].GetInt32();
        return MemoryMarshal.Cast<byte, T>(_bytes.AsSpan(_data + start, offsets[1].GetInt32() - start)).ToArray();
    }

    public float[] Floats(string name) =>
        IsHalf(name) ? Array.ConvertAll(Values<Half>(name), v => (float)v) : Values<float>(name);
}
