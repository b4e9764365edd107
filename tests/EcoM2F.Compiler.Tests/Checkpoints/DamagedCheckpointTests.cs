using System.Text;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Checkpoints;

/// <summary>Whole compilations of checkpoints that lie: nothing is written, and the tensor or key is named.</summary>
public sealed class DamagedCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("\"shape\":[12,32]", "\"shape\":[32,12]", "queries_")]        // as many numbers, another shape
    [InlineData("\"shape\":[12,32]", "\"shape\":[12,31]", "queries_")]        // a shape that lies about its bytes
    [InlineData("class_predictor.bias", "class_predictor.bios", "class_predictor.bias")]
    [InlineData("\"dtype\":\"I64\"", "\"dtype\":\"F64\"", null)]               // of num_batches_tracked, which nobody reads
    [InlineData("layer.0.convolution.weight\":{\"dtype\":\"F32\"", "layer.0.convolution.weight\":{\"dtype\":\"I32\"", "layer.0.convolution.weight")]
    public void Compile_HeaderThatLies_NamesTheTensor(string old, string replacement, string? named)
    {
        CopyFixture();
        var path = Path.Combine(_folder["c"], "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var length = (int)BitConverter.ToInt64(bytes);
        var header = Encoding.UTF8.GetString(bytes, 8, length);
        Assert.Contains(old, header);
        var place = header.IndexOf(old, StringComparison.Ordinal);
        var changed = header[..place] + replacement + header[(place + old.Length)..];
        Encoding.UTF8.GetBytes(changed).CopyTo(bytes, 8);
        Assert.Equal(length, changed.Length);
        File.WriteAllBytes(path, bytes);
        if (named is null)
        {
            Assert.Equal(6, ModelCompiler.Compile(Options(), null, TestContext.Current.CancellationToken).Exits.Count);
        }
        else
        {
            AssertRefused(named);
        }
    }

    [Theory]
    [InlineData("\"encoder_layers\": 6", "\"encoder_layers\": 7", "encoder.layers.6")]
    [InlineData("\"encoder_layers\": 6", "\"encoder_layers\": 5", "encoder.layers.5")]
    [InlineData("\"feature_size\": 32", "\"feature_size\": 65536", "'hidden_dim'")]
    [InlineData("\"encoder_feedforward_dim\": 48", "\"encoder_feedforward_dim\": 65536", "fc1")]
    [InlineData("\"num_queries\": 12", "\"num_queries\": 4096", "queries_")]
    [InlineData("\"embedding_size\": 16", "\"embedding_size\": 65536", "embedder.embedder.")]
    [InlineData("\"bottleneck\"", "\"basic\"", "stages.0.layers.0.layer.")]
    [InlineData("\"6\": \"LABEL_6\"", "\"7\": \"LABEL_6\"", "'id2label'")]
    [InlineData("    \"6\": \"LABEL_6\"", "    \"0\": \"LABEL_6\"", "config.json")]
    public void Compile_ConfigOfAnotherNetwork_NamesWhatDiffers(string old, string replacement, string named)
    {
        CopyFixture();
        var path = Path.Combine(_folder["c"], "config.json");
        var text = File.ReadAllText(path);
        Assert.Contains(old, text);
        File.WriteAllText(path, text.Replace(old, replacement, StringComparison.Ordinal));
        AssertRefused(named);
    }

    public void Dispose() => _folder.Dispose();

    private CompileOptions Options() => new() { CheckpointFolder = _folder["c"], OutputFolder = _folder["m"] };

    private void AssertRefused(string named)
    {
        Assert.Contains(named, Assert.Throws<CompileException>(() => ModelCompiler.Compile(Options(), null, TestContext.Current.CancellationToken)).Message);
        Assert.Equal(["c"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    private void CopyFixture()
    {
        Directory.CreateDirectory(_folder["c"]);
        foreach (var file in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(RepositoryPaths.Fixtures, "mask2former_resnet", file), Path.Combine(_folder["c"], file));
        }
    }
}
