using System.Buffers.Binary;
using System.Text;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

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
    [InlineData("""{"": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}""", "'' of 0 characters")]
    [InlineData("""{"a\u001b[2Jb": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}""", "'a?[2Jb'")]
    [InlineData("""{"t\ud800": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}""", "not JSON")]
    [InlineData("""{"t": {"dtype": "\ud800", "shape": [2], "data_offsets": [0, 8]}}""", "not JSON")]
    [InlineData("""{"t": {"dtype": null, "shape": [2], "data_offsets": [0, 8]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F16", "shape": [2], "data_offsets": [0, 8]}}""", "needs 4 bytes")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2], "data_offsets": [0, 8]}}""", "'t' has 17 dimensions")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8, 8]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 9223372036854775807]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 92233720368547758070]}}""", "'t'")]
    [InlineData("""{"t": {"dtype": "F32", "shape": [2, 0, 4611686018427387904, 4611686018427387904], "data_offsets": [0, 8]}}""", "'t'")]
    [InlineData("""{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}""", "'b' starts at byte 0")]
    public void Open_BrokenHeader_NamesWhatIsWrong(string header, string message)
    {
        WriteFile(Encoding.UTF8.GetByteCount(header), header, dataBytes: 8);
        Assert.Contains(message, Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["x"])).Message);
    }

    [Fact]
    public void Open_DeepNesting_Refuses()
    {
        var header = "{\"t\": " + new string('[', 10_000) + new string(']', 10_000) + "}";
        WriteFile(header.Length, header, dataBytes: 0);
        Assert.Contains("not JSON", Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["x"])).Message);
    }

    [Fact]
    public void Open_LongName_IsRefusedWithoutRepeatingIt()
    {
        var header = "{\"" + new string('n', 100_000) + "\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}}";
        WriteFile(header.Length, header, dataBytes: 8);
        var message = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["x"])).Message;
        Assert.Contains("100000 characters", message);
        Assert.True(message.Length < 1000);
    }

    [Fact]
    public void Open_NameInAnyLanguage_Reads()
    {
        const string header = """{"größe.重み": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}""";
        WriteFile(Encoding.UTF8.GetByteCount(header), header, dataBytes: 8);
        using var sut = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal([0f, 0f], sut.Floats("größe.重み"));
    }

    [Fact]
    public void Open_TruncatedAnywhere_Refuses()
    {
        WriteShard("one", 1f);
        var whole = File.ReadAllBytes(_folder["one.safetensors"]);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(_folder["x"], whole[..length]);
            Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["x"]));
        }
    }

    [Fact]
    public void Write_TensorMadeLate_IsReadOnlyWhenItsTurnComes()
    {
        var asked = 0;
        var writer = new SafetensorsWriter();
        writer.Add("a", () => [++asked], 1);
        Assert.Equal(0, asked);
        writer.Write(_folder["x"]);
        using var sut = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal([1f], sut.Floats("a"));
    }

    [Fact]
    public void Write_TensorOfAnotherLength_NamesItAndLeavesNoFile()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", () => [1f, 2], 3);
        Assert.Contains("'a'", Assert.Throws<SafetensorsException>(() => writer.Write(_folder["x"])).Message);
        Assert.False(File.Exists(_folder["x"]));
    }

    [Theory]
    [InlineData(100, "cut short")]
    [InlineData(100_000_001, "100000000")]
    [InlineData(long.MaxValue, "100000000")]
    [InlineData(-1, "100000000")]
    public void Open_HeaderLengthBeyondFile_Refuses(long length, string named)
    {
        WriteFile(length, "{}", dataBytes: 0);
        Assert.Contains(named, Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["x"])).Message);
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
    [InlineData("""[]""", "weight_map")]
    [InlineData("""{"weight_map": {"one": null}}""", "weight_map")]
    [InlineData("""{"weight_map": {"one": 5}}""", "weight_map")]
    [InlineData("""{"weight_map": {"one\ud800": "one.safetensors"}}""", "weight_map")]
    [InlineData("""{"weight_map": {"one": "/etc/hostname"}}""", "'/etc/hostname'")]
    [InlineData("""{"weight_map": {"one": "one.safetensors", "one": "one.safetensors"}}""", "weight_map")]
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
