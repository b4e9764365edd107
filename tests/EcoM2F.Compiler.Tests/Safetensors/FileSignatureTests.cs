using System.IO.Compression;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Safetensors;

/// <summary>Files of another kind under the name of a checkpoint's weights.</summary>
public sealed class FileSignatureTests : IDisposable
{
    private const string Pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:aaaa\nsize 189000000\n";
    private const string Page = "\n<!DOCTYPE html>\n<html><body>Sign in to download</body></html>";

    private readonly TemporaryFolder _folder = new();

    private string Weights => _folder[SafetensorsCheckpoint.FileName];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Pointer, "git lfs pull")]
    [InlineData(Page, "web page")]
    [InlineData("<?xml version=\"1.0\"?>\n<HTML lang=\"en\">", "web page")]
    [InlineData("GGUF-------", "GGUF")]
    public void Open_TextInsteadOfWeights_SaysWhatItIs(string text, string named)
    {
        File.WriteAllText(Weights, text);
        AssertNames(named);
    }

    [Theory]
    [InlineData("archive/data.pkl", "save_pretrained")]
    [InlineData("model.safetensors", "unpack")]
    public void Open_Zip_TellsPyTorchsFromOthers(string entry, string named)
    {
        using (var zip = new ZipArchive(File.Create(Weights), ZipArchiveMode.Create))
        {
            using var stream = zip.CreateEntry(entry).Open();
            stream.Write(new byte[100]);
        }

        AssertNames(named);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)] // a header length that the file could have
    public void Open_Gzip_SaysSo(int bytes)
    {
        using (var stream = new GZipStream(File.Create(Weights), CompressionLevel.NoCompression))
        {
            stream.Write(new byte[bytes]);
        }

        AssertNames("gzip");
    }

    [Fact]
    public void Open_OldPickle_SaysSo()
    {
        File.WriteAllBytes(Weights, [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20]);
        AssertNames("pickle");
    }

    [Fact]
    public void Open_Empty_SaysSo()
    {
        File.WriteAllBytes(Weights, []);
        AssertNames("is empty");
    }

    [Fact]
    public void Open_CutShort_SaysSo()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new float[100], 100);
        writer.Write(Weights);
        File.WriteAllBytes(Weights, File.ReadAllBytes(Weights)[..^8]);
        AssertNames("cut short");
    }

    private void AssertNames(string named)
    {
        var message = Assert.Throws<SafetensorsException>(() => SafetensorsCheckpoint.Open(_folder.Path)).Message;
        Assert.StartsWith(Weights, message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }
}
