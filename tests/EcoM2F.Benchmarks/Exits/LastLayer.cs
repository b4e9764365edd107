using System.Numerics.Tensors;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Pipeline;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>
/// A model's last encoder layer alone, cut out of the graph of all exits. Of the layer before it reads the tokens twice: [1, N, d], to which
/// the position is added, and [N, d], of which the former is a reshape. One call at a time.
/// </summary>
internal sealed class LastLayer : IDisposable
{
    /// <summary>Of the fused graph's output beside the portable one's, relative.</summary>
    private const float Tolerance = 1e-3f;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ecom2f-bench-");
    private readonly StageSession _session;
    private readonly RunOptions _options = new();
    private readonly (int Before, int Last) _exits;
    private readonly (string Tokens, string Flat, string Output) _names;

    public LastLayer(string modelFolder, ModelManifest model)
    {
        _exits = (model.Exits[^2], model.Exits[^1]);
        var entry = model.Graphs.First(static graph => graph is { Stage: GraphStages.EncoderExits, Flavour: GraphFlavours.Portable, Precision: GraphPrecisions.Fp32 });
        var cut = GraphFile.Read(Path.Combine(modelFolder, entry.File));
        var graph = cut.Graph;
        var tokens = GraphTensors.EncoderAt(_exits.Before);
        _names = (tokens, graph.Node.First(node => node.Output.Contains(tokens)).Input[0], GraphTensors.EncoderAt(_exits.Last));
        var wanted = new HashSet<string>([_names.Output]);
        for (var i = graph.Node.Count - 1; i >= 0; i--) // they are in the order in which they run
        {
            if (graph.Node[i].Output.Any(name => name != _names.Tokens && name != _names.Flat && wanted.Contains(name)))
            {
                wanted.UnionWith(graph.Node[i].Input);
            }
            else
            {
                graph.Node.RemoveAt(i);
            }
        }

        var declared = graph.Output.First(output => output.Name == _names.Tokens);
        var flat = declared.Clone();
        flat.Name = _names.Flat;
        flat.Type.TensorType.Shape.Dim.RemoveAt(0);
        graph.Input.Add([declared.Clone(), flat]);
        RemoveUnwanted(graph.Input, input => wanted.Contains(input.Name));
        RemoveUnwanted(graph.Initializer, tensor => wanted.Contains(tensor.Name));
        RemoveUnwanted(graph.Output, output => output.Name == _names.Output);
        var file = Path.Combine(_folder.FullName, "last-layer.onnx");
        GraphFile.Write(cut, new WeightStore(), file);
        File.Copy(Path.Combine(modelFolder, model.Weights!), Path.Combine(_folder.FullName, model.Weights!)); // its place is beside the graph
        _session = new StageSession(file, new ExecutionTarget("cpu"), weights: null, recordPlacement: false);
    }

    /// <param name="tokens">[N, d], as after the layer before.</param>
    /// <returns>[N, d].</returns>
    public float[] Run(EncodedImage image, float[] tokens)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(tokens, image.Shape);
        using var flat = OrtValue.CreateTensorValueFromMemory(tokens, image.Shape[1..]);
        (string, OrtValue)[] inputs = [.. _session.Inputs.Select(name => (name, name == _names.Tokens ? input : name == _names.Flat ? flat : image.Stem[name]))];
        using var output = _session.Run(_options, inputs, [(_names.Output, OrtMemoryInfo.DefaultInstance)])[0];
        return output.GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Makes sure that what was cut out is the layer.</summary>
    /// <exception cref="InvalidOperationException">It does not give what the model's last layer gives, or gives it whatever it reads.</exception>
    public void Check(EncodedImage image)
    {
        var last = image.Tokens(_exits.Last);
        var allowed = Tolerance * TensorPrimitives.Norm(last);
        if (!(TensorPrimitives.Distance(Run(image, image.Tokens(_exits.Before).ToArray()), last) < allowed)
            || TensorPrimitives.Distance(Run(image, new float[last.Length]), last) < allowed)
        {
            throw new InvalidOperationException("What was cut out of the graph is not its last layer.");
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
        _folder.Delete(recursive: true);
    }

    private static void RemoveUnwanted<T>(IList<T> items, Predicate<T> isWanted)
    {
        for (var i = items.Count - 1; i >= 0; i--)
        {
            if (!isWanted(items[i]))
            {
                items.RemoveAt(i);
            }
        }
    }
}
