using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Safetensors;

public sealed class SafetensorsFuzzTests : IDisposable
{
    /// <summary>The file has under 2 KB; a header or a shape that lies must not make it more than a few buffers.</summary>
    private const long MostAllocated = 1 << 20;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_DamagedFile_ReadsOrSaysWhatIsWrong()
    {
        var original = WriteOriginal();
        var (read, refused) = (0, 0);
        for (var seed = 0; seed < 5000; seed++)
        {
            File.WriteAllBytes(_folder["x"], Mutation.Of(original, seed, focus: 700)); // mostly the header
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ReadAll();
                read++;
            }
            catch (SafetensorsException)
            {
                refused++;
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostAllocated, $"seed {seed}");
        }

        Assert.True(refused > 1000 && read > 100, $"{refused} refused, {read} read: damage is too small or too great to tell anything.");
    }

    [Fact]
    public void Open_DamagedIndex_ReadsOrSaysWhatIsWrong()
    {
        WriteOriginal();
        File.Move(_folder["x"], _folder["shard.safetensors"]);
        var index = """{"metadata": {"total_size": 100}, "weight_map": {"a.weight": "shard.safetensors", "b": "shard.safetensors", "c": "shard.safetensors", "d": "shard.safetensors"}}"""u8;
        for (var seed = 0; seed < 2000; seed++)
        {
            File.WriteAllBytes(_folder["model.safetensors.index.json"], Mutation.Of(index, seed, index.Length));
            try
            {
                using var sut = SafetensorsCheckpoint.Open(_folder.Path);
                Assert.NotEmpty(sut.Names);
            }
            catch (SafetensorsException exception)
            {
                Assert.NotEmpty(exception.Message);
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    private byte[] WriteOriginal()
    {
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };
        writer.Add("a.weight", new float[64], 4, 16);
        writer.Add("b", TensorType.F16, new byte[20], 10);
        writer.Add("c", TensorType.BF16, new byte[12], 2, 3);
        writer.Add("d", [5L], 1);
        writer.Write(_folder["x"]);
        return File.ReadAllBytes(_folder["x"]);
    }

    private void ReadAll()
    {
        using var sut = SafetensorsFile.Open(_folder["x"]);
        foreach (var tensor in sut.Tensors)
        {
            Assert.Equal(tensor.Length, sut.Bytes(tensor.Name).Length);
            if (tensor.Type is TensorType.F32 or TensorType.F16 or TensorType.BF16)
            {
                Assert.Equal(tensor.Elements, sut.Floats(tensor.Name).Length);
            }
            else
            {
                Assert.Throws<SafetensorsException>(() => sut.Floats(tensor.Name));
            }
        }
    }
}
