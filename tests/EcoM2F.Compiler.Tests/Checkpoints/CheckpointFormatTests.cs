using System.Security.Cryptography;
using System.Text.RegularExpressions;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Checkpoints;

/// <summary>What the Hub's checkpoints bring: layouts of several library versions, half precision, shards.</summary>
public sealed class CheckpointFormatTests : IDisposable
{
    private const string Encoder = "model.pixel_level_module.encoder.";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string, string> Layouts => new()
    {
        { "mask2former_swin", Encoder + "(embeddings|encoder)\\.", Encoder + "swin.$1.", "swin inside" },
        { "mask2former_swin", Encoder + "(swin\\.)?(embeddings|encoder|layernorm)\\.", Encoder + "model.$2.", "model inside" },
        { "mask2former_swin", "hidden_states_norms\\.stage1", "hidden_states_norms.0", "one number" },
        { "mask2former_resnet", Encoder + "(embedder|encoder)\\.", Encoder + "model.$1.", "model inside" },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Compile_OtherLayout_GivesTheSameWeights(string fixture, string pattern, string replacement, string what)
    {
        var copy = new CheckpointCopy
        {
            Rename = name => what == "one number" ? Numbered(name) : Regex.Replace(name, pattern, replacement),
        };
        var (plain, renamed) = (Compile(new CheckpointCopy(), fixture, "plain"), Compile(copy, fixture, "renamed"));
        Assert.Equal(Sorted(plain), Sorted(renamed));
    }

    [Fact]
    public void Compile_TimmNames_GiveTheSameWeights()
    {
        var timm = new CheckpointCopy { Rename = TimmName };
        var (plain, renamed) = (Compile(new CheckpointCopy(), "mask2former_resnet", "plain"), Compile(timm, "mask2former_resnet", "renamed"));
        Assert.Equal(Sorted(plain), Sorted(renamed));
    }

    [Theory]
    [InlineData(TensorType.F16, 1, 1e-3f)]
    [InlineData(TensorType.BF16, 3, 1e-2f)]
    [InlineData(TensorType.F32, 5, 0f)]
    public void Compile_HalfPrecisionOrShards_ReadsEveryTensor(TensorType type, int shards, float relative)
    {
        var plain = Compile(new CheckpointCopy(), "mask2former_swin", "plain");
        var copy = Compile(new CheckpointCopy { Type = type, Shards = shards }, "mask2former_swin", "copy");
        using var expected = SafetensorsFile.Open(Path.Combine(plain, "weights.bin"));
        using var actual = SafetensorsFile.Open(Path.Combine(copy, "weights.bin"));
        Assert.Equal(expected.Tensors.Select(t => t.Name), actual.Tensors.Select(t => t.Name));
        foreach (var tensor in expected.Tensors)
        {
            var (a, b) = (expected.Floats(tensor.Name), actual.Floats(tensor.Name));
            for (var i = 0; i < a.Length; i++)
            {
                Assert.True(Math.Abs(a[i] - b[i]) <= (relative * Math.Abs(a[i])) + (relative * 1e-4f), $"{tensor.Name}[{i}]: {a[i]} and {b[i]}");
            }
        }
    }

    [Fact]
    public void Compile_KeyThatNobodyKnows_IsNamedWhateverItsLetters()
    {
        var copy = new CheckpointCopy { Rename = name => name == "criterion.empty_weight" ? "größe.重み" : name };
        copy.Write("mask2former_resnet", _folder["c"]);
        var options = new CompileOptions { CheckpointFolder = _folder["c"], OutputFolder = _folder["m"] };
        Assert.Contains("größe.重み", Assert.Throws<CompileException>(() => ModelCompiler.Compile(options, null, TestContext.Current.CancellationToken)).Message);
        Assert.False(Directory.Exists(_folder["m"]));
    }

    [Fact]
    public void Compile_Pickle_IsRefusedWithTheWayOut()
    {
        Directory.CreateDirectory(_folder["c"]);
        File.Copy(Path.Combine(RepositoryPaths.Fixtures, "mask2former_resnet", "config.json"), Path.Combine(_folder["c"], "config.json"));
        File.WriteAllText(Path.Combine(_folder["c"], "pytorch_model.bin"), "x");
        var options = new CompileOptions { CheckpointFolder = _folder["c"], OutputFolder = _folder["m"] };
        var message = Assert.Throws<CompileException>(() => ModelCompiler.Compile(options, null, TestContext.Current.CancellationToken)).Message;
        Assert.Contains("pickle", message);
        Assert.Contains("save_pretrained", message);
    }

    public void Dispose() => _folder.Dispose();

    private string Compile(CheckpointCopy copy, string fixture, string name)
    {
        copy.Write(fixture, _folder[name + "-checkpoint"]);
        ModelCompiler.Compile(
            new CompileOptions { CheckpointFolder = _folder[name + "-checkpoint"], OutputFolder = _folder[name] }, null, TestContext.Current.CancellationToken);
        return _folder[name];
    }

    /// <summary>Names differ with the layout, values do not.</summary>
    private static string[] Sorted(string model)
    {
        using var file = SafetensorsFile.Open(Path.Combine(model, "weights.bin"));
        return [.. file.Tensors.Select(t => Convert.ToHexString(SHA256.HashData(file.Bytes(t.Name)))).Order(StringComparer.Ordinal)];
    }

    private static string Numbered(string name) => Regex.Replace(
        name, "hidden_states_norms\\.stage(\\d)", m => $"hidden_states_norms.{int.Parse(m.Groups[1].Value) - 1}");

    private static string TimmName(string name)
    {
        name = name.Replace(Encoder + "embedder.embedder.convolution", Encoder + "conv1", StringComparison.Ordinal)
            .Replace(Encoder + "embedder.embedder.normalization", Encoder + "bn1", StringComparison.Ordinal);
        return Regex.Replace(
            name,
            "encoder\\.stages\\.(\\d)\\.layers\\.(\\d)\\.(?:layer\\.(\\d)|shortcut)\\.(convolution|normalization)",
            m => $"layer{int.Parse(m.Groups[1].Value) + 1}.{m.Groups[2].Value}." + (m.Groups[3].Success
                ? $"{(m.Groups[4].Value == "convolution" ? "conv" : "bn")}{int.Parse(m.Groups[3].Value) + 1}"
                : $"downsample.{(m.Groups[4].Value == "convolution" ? 0 : 1)}"));
    }
}
