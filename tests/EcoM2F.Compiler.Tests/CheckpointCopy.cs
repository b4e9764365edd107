using System.Runtime.InteropServices;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests;

/// <summary>Variants of the reference's checkpoints: other key names, element types, shards.</summary>
internal sealed record CheckpointCopy
{
    public Func<string, string> Rename { get; init; } = static name => name;

    public TensorType Type { get; init; } = TensorType.F32;

    public int Shards { get; init; } = 1;

    /// <param name="fixture">Name of the folder among the fixtures.</param>
    /// <param name="folder">Made if absent.</param>
    public void Write(string fixture, string folder)
    {
        var source = Path.Combine(RepositoryPaths.Fixtures, fixture);
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(source, "config.json"), Path.Combine(folder, "config.json"), overwrite: true);
        using var file = SafetensorsFile.Open(Path.Combine(source, "model.safetensors"));
        var writers = Enumerable.Range(0, Shards).Select(_ => new SafetensorsWriter()).ToArray();
        var places = new List<string>();
        for (var i = 0; i < file.Tensors.Count; i++)
        {
            var tensor = file.Tensors[i];
            var bytes = tensor.Type == TensorType.F32 ? Narrow(file.Floats(tensor.Name)) : file.Bytes(tensor.Name).ToArray();
            writers[i % Shards].Add(Rename(tensor.Name), tensor.Type == TensorType.F32 ? Type : tensor.Type, bytes, [.. tensor.Shape]);
            places.Add($"\"{Rename(tensor.Name)}\": \"{ShardName(i % Shards)}\"");
        }

        for (var i = 0; i < Shards; i++)
        {
            writers[i].Write(Path.Combine(folder, ShardName(i)));
        }

        if (Shards > 1)
        {
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), "{\"weight_map\": {" + string.Join(", ", places) + "}}");
        }
    }

    private string ShardName(int shard) => Shards == 1 ? "model.safetensors" : $"model-{shard + 1:D5}-of-{Shards:D5}.safetensors";

    private byte[] Narrow(float[] values) => Type switch
    {
        TensorType.F16 => MemoryMarshal.AsBytes<Half>([.. values.Select(v => (Half)v)]).ToArray(),
        TensorType.BF16 => MemoryMarshal.AsBytes<ushort>([.. values.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))]).ToArray(),
        _ => MemoryMarshal.AsBytes<float>(values).ToArray(),
    };
}
