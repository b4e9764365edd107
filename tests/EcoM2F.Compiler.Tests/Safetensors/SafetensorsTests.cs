using System.Buffers.Binary;
using System.Text;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Tests.Safetensors;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Write_Read_GivesTheSameTensors()
    {
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };
        writer.Add("a.weight", [1f, 2, 3, 4, 5, 6], 2, 3);
        writer.Add("sizes", [7L, -8], 2);
        writer.Add("empty", Array.Empty<float>(), 0, 4);
        var written = writer.Write(_folder["x.safetensors"]);

        using var sut = SafetensorsFile.Open(_folder["x.safetensors"]);
        Assert.Equal("pt", sut.Metadata["format"]);
        Assert.Equal([1f, 2, 3, 4, 5, 6], sut.Floats("a.weight"));
        Assert.Equal([2L, 3], sut["a.weight"].Shape);
        Assert.Equal(-8, BinaryPrimitives.ReadInt64LittleEndian(sut.Bytes("sizes")[8..]));
        Assert.Empty(sut.Floats("empty"));
        Assert.Equal(written.Select(t => (t.Name, t.Offset, t.Length)).Order(), sut.Tensors.Select(t => (t.Name, t.Offset, t.Length)).Order());
        Assert.Equal(0, sut.Tensors[0].Offset % 64);
        Assert.False(File.Exists(_folder["x.safetensors.tmp"]));
    }

    [Fact]
    public void Floats_HalfPrecisions_Widen()
    {
        var writer = new SafetensorsWriter();
        writer.Add("f16", TensorType.F16, new byte[] { 0x00, 0x3E, 0x00, 0xC0 }, 2);
        writer.Add("bf16", TensorType.BF16, new byte[] { 0xC0, 0x3F, 0x00, 0xC0 }, 2);
        writer.Write(_folder["x"]);
        using var sut = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal([1.5f, -2f], sut.Floats("f16"));
        Assert.Equal([1.5f, -2f], sut.Floats("bf16"));
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("""{"t": 5}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F31", "shape": [2], "data_offsets": [0, 8]}}""", "dtype 'F31'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 12]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0.5, 8]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}""", "needs 12 bytes")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [4611686018427387904, 4], "data_offsets": [0, 8]}}""", "too large")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}""", "4 bytes follow")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}""", "'t' starts at byte 4")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}""", "'b' starts at byte 4")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}""", "twice")]
    [InlineData("""{"__metadata__": {"a": 1}, "t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}""", "__metadata__")]
    public void Open_BrokenHeader_NamesWhatIsWrong(string header, string message)
    {
        WriteFile(Encoding.UTF8.GetByteCount(header), header, dataBytes: 8);
        Assert.Contains(message, Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["x"])).Message);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(100_000_001)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void Open_HeaderLengthBeyondFile_Refuses(long length)
    {
        WriteFile(length, "{}", dataBytes: 0);
        Assert.Contains("header claims", Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["x"])).Message);
    }

    [Fact]
    public void Open_Checkpoint_ReadsShards()
    {
        WriteShard("one", 1f);
        WriteShard("two", 2f);
        File.WriteAllText(_folder["model.safetensors.index.json"], """{"weight_map": {"one": "one.safetensors", "two": "two.safetensors"}}""");
        using var sut = SafetensorsCheckpoint.Open(_folder.Path);
        Assert.Equal([2f], sut.Floats("two"));
        Assert.Equal(["one", "two"], sut.Names.Order());
    }

    [Theory]
    [InlineData("""{"weight_map": {"one": "../one.safetensors"}}""", "'../one.safetensors'")]
    [InlineData("""{"weight_map": {"one": "absent.safetensors"}}""", "'absent.safetensors'")]
    [InlineData("""{"weight_map": {"three": "one.safetensors"}}""", "'three'")]
    [InlineData("""{}""", "weight_map")]
    public void Open_BrokenIndex_NamesWhatIsWrong(string index, string message)
    {
        WriteShard("one", 1f);
        File.WriteAllText(_folder["model.safetensors.index.json"], index);
        Assert.Contains(message, Assert.Throws<SafetensorsException>(() => SafetensorsCheckpoint.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Open_PickleOnly_SaysWhyAndWhatToDo()
    {
        File.WriteAllText(_folder["pytorch_model.bin"], "x");
        var message = Assert.Throws<SafetensorsException>(() => SafetensorsCheckpoint.Open(_folder.Path)).Message;
        Assert.Contains("pickle", message);
        Assert.Contains("save_pretrained", message);
    }

    public void Dispose() => _folder.Dispose();

    private void WriteShard(string name, float value)
    {
        var writer = new SafetensorsWriter();
        writer.Add(name, [value], 1);
        writer.Write(_folder[name + ".safetensors"]);
    }

    private void WriteFile(long headerLength, string header, int dataBytes)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, headerLength);
        text.CopyTo(bytes, 8);
        File.WriteAllBytes(_folder["x"], bytes);
    }
}
