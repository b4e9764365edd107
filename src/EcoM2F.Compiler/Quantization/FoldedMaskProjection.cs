using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// A decoder without the convolution that makes its mask features. That is linear, of one pixel at a time, and so is what the features are
/// multiplied with: a mask of the embedding e on features P f + b is (e P) f + e b, so P and b go into the last layer of the queries' mask
/// embedder, once for each query in place of once for each pixel. All in fp32; what the graph no longer gives is the mask features themselves.
/// </summary>
internal sealed class FoldedMaskProjection
{
    private const string Projection = ".mask_projection.weight";

    /// <summary>Of the last layer of the queries' mask embedder.</summary>
    private const string Embedder = ".mask_embedder.2.0.weight";

    private readonly GraphProto _graph;
    private readonly NodeProto _projection;
    private readonly Func<string, float[]> _read;
    private readonly WeightStore _weights;
    private readonly Dictionary<string, TensorProto> _constants;
    private readonly HashSet<string> _embedded = new(StringComparer.Ordinal);          // [B*Q, d + 1], what the embedder gives
    private readonly Dictionary<string, string> _shifts = new(StringComparer.Ordinal); // by embedding [B, Q, d]: what its masks are shifted by, [B, Q, 1]

    private FoldedMaskProjection(GraphProto graph, NodeProto projection, Func<string, float[]> read, WeightStore weights)
    {
        (_graph, _projection, _read, _weights) = (graph, projection, read, weights);
        _constants = graph.Initializer.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <param name="read">The fp32 values of a tensor of the weights file, by name.</param>
    /// <param name="weights">Gets the layer that the projection went into.</param>
    /// <returns>The model itself where nothing can be folded: it has no projection, or one that changes the number of channels.</returns>
    public static ModelProto Of(ModelProto model, Func<string, float[]> read, WeightStore weights)
    {
        if (model.Graph.Node.FirstOrDefault(static node => node.OpType == "Conv" && node.Input is [_, var weight, _] && weight.EndsWith(Projection, StringComparison.Ordinal)) is not { } projection
            || model.Graph.Initializer.First(tensor => tensor.Name == projection.Input[1]).Dims is not [var features, var channels, 1, 1]
            || features != channels)
        {
            return model;
        }

        var folded = model.Clone();
        new FoldedMaskProjection(folded.Graph, projection, read, weights).Fold();
        return folded;
    }

    private void Fold()
    {
        var nodes = _graph.Node.Where(node => !node.Equals(_projection)).ToList();
        _graph.Node.Clear();
        nodes.ForEach(Add);
        _graph.Output.Remove(_graph.Output.Single(output => output.Name == _projection.Output[0]));
    }

    private void Add(NodeProto node)
    {
        for (var i = 0; i < node.Input.Count; i++)
        {
            node.Input[i] = node.Input[i] == _projection.Output[0] ? _projection.Input[0] : node.Input[i];
        }

        _graph.Node.Add(node);
        if (node.OpType == "Gemm" && node.Input[1].EndsWith(Embedder, StringComparison.Ordinal))
        {
            (node.Input[1], node.Input[2]) = Joined(node.Input[1], node.Input[2]);
            _embedded.Add(node.Output[0]);
        }
        else if (node.OpType == "Reshape" && _embedded.Contains(node.Input[0]))
        {
            Split(node);
        }
        else if (node.OpType == "MatMul" && _shifts.TryGetValue(node.Input[0], out var shift))
        {
            var masks = node.Output[0];
            node.Output[0] = masks + "/unshifted";
            _graph.Node.Add(GraphParts.Node("Add", masks + "/shifted", [node.Output[0], shift], [masks]));
        }
    }

    /// <summary>[B*Q, d + 1] -> the embedding [B, Q, d], and what its masks are shifted by, [B, Q, 1].</summary>
    private void Split(NodeProto reshape)
    {
        var embedding = reshape.Output[0];
        var shape = MemoryMarshal.Cast<byte, long>(_constants[reshape.Input[1]].RawData.Span); // -1, Q, d
        reshape.Input[1] = Integers("folded.shape", shape[0], shape[1], shape[2] + 1);
        reshape.Output[0] = embedding + "/joined";
        var split = GraphParts.Node("Split", embedding + "/split", [reshape.Output[0], Integers("folded.split", shape[2], 1)], [embedding, embedding + "/shift"]);
        split.Attribute.Add(GraphParts.Attribute("axis", 2));
        _graph.Node.Add(split);
        _shifts.Add(embedding, embedding + "/shift");
    }

    /// <summary>The embedder's last layer times [P | b]: names of weights [hidden, d + 1] and bias [d + 1].</summary>
    private (string Weight, string Bias) Joined(string weight, string bias)
    {
        var (hidden, width) = ((int)_constants[weight].Dims[0], (int)_constants[weight].Dims[1]);
        var joined = (Weight: weight + ".projected", Bias: bias + ".projected");
        Stored(joined.Weight, () => Times(_read(weight), width), hidden, width + 1);
        Stored(joined.Bias, () => Times(_read(bias), width), width + 1);
        return joined;
    }

    /// <param name="rows">[rows, <paramref name="width"/>].</param>
    /// <returns>[rows, width + 1]: times [P | b].</returns>
    private float[] Times(float[] rows, int width)
    {
        var (projection, shift) = (_read(_projection.Input[1]), _read(_projection.Input[2]));
        var products = new float[rows.Length / width * (width + 1)];
        var sums = new double[width + 1];
        for (var row = 0; row < rows.Length / width; row++)
        {
            Array.Clear(sums);
            for (var i = 0; i < width; i++)
            {
                double factor = rows[(row * width) + i];
                for (var column = 0; column < width; column++)
                {
                    sums[column] += factor * projection[(i * width) + column];
                }

                sums[width] += factor * shift[i];
            }

            TensorPrimitives.ConvertTruncating<double, float>(sums, products.AsSpan(row * (width + 1), width + 1));
        }

        return products;
    }

    private void Stored(string name, Func<float[]> values, params long[] shape)
    {
        _weights.Add(name, values, shape);
        Constant(name, () => GraphParts.Weight(name, OnnxType.Float, shape));
    }

    private string Integers(string name, params long[] values)
    {
        Constant(name, () => GraphParts.Integers(name, values));
        return name;
    }

    /// <summary>Adds a tensor of the graph unless it is there already: every layer of the decoder asks for the same.</summary>
    private void Constant(string name, Func<TensorProto> make)
    {
        if (!_constants.ContainsKey(name))
        {
            _constants.Add(name, make());
            _graph.Initializer.Add(_constants[name]);
        }
    }
}
