using EcoM2F.Compiler.Architectures.Mask2Former;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Benchmarks;

/// <summary>Graphs of one encoder layer with random weights, as files that go away.</summary>
internal sealed class TemporaryWeights : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("ecom2f-bench-");
    private int _graphs;

    /// <returns>Path of the graph; its weights lie beside it.</returns>
    public string Write(EncoderSize size, bool fused, Action<LayerBuilder> build)
    {
        var folder = _root.CreateSubdirectory(FormattableString.Invariant($"{_graphs++}")).FullName;
        WriteLayer(folder, size);
        using var checkpoint = SafetensorsCheckpoint.Open(folder);
        var weights = new WeightStore();
        var graph = new GraphBuilder("layer", weights);
        build(new LayerBuilder(graph, new CheckpointReader(checkpoint), fused));
        weights.Write(folder);
        var path = Path.Combine(folder, "layer.onnx");
        GraphFile.Write(graph.Build(), weights, path);
        return path;
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static void WriteLayer(string folder, EncoderSize size)
    {
        var random = new Random(1);
        var writer = new SafetensorsWriter();
        var (width, inner, samples) = (size.Width, size.Feedforward, Mask2FormerNetwork.SamplingOf(size).Samples);
        foreach (var (name, outputs, inputs) in ((string, int, int)[])
            [
                ("self_attn.sampling_offsets", samples * 2, width), ("self_attn.attention_weights", samples, width),
                ("self_attn.value_proj", width, width), ("self_attn.output_proj", width, width), ("fc1", inner, width), ("fc2", width, inner),
            ])
        {
            Add(name + ".weight", MathF.Sqrt(3f / inputs), outputs, inputs);
            Add(name + ".bias", 0.2f, outputs);
        }

        foreach (var name in (string[])["self_attn_layer_norm", "final_layer_norm"])
        {
            Add(name + ".weight", 1, width);
            Add(name + ".bias", 0.2f, width);
        }

        writer.Write(Path.Combine(folder, SafetensorsCheckpoint.FileName));

        void Add(string name, float scale, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, static (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = ((2 * random.NextSingle()) - 1) * scale;
            }

            writer.Add($"{Mask2FormerNetwork.EncoderPrefix}0.{name}", values, shape);
        }
    }
}
