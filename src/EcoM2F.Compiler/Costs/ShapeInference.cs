using System.Runtime.InteropServices;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Costs;

/// <summary>
/// Works out every tensor's shape by going through a graph in order: the operators that this compiler writes, no others.
/// Shape arithmetic is evaluated along the way.
/// </summary>
internal static class ShapeInference
{
    public static Dictionary<string, KnownTensor> Infer(
        ModelProto model, IReadOnlyDictionary<string, KnownTensor> inputs, Action<NodeProto, KnownTensor[], KnownTensor[]>? visit = null)
    {
        var known = new Dictionary<string, KnownTensor>(inputs, StringComparer.Ordinal) { [string.Empty] = new([0]) };
        foreach (var tensor in model.Graph.Initializer)
        {
            known[tensor.Name] = new KnownTensor([.. tensor.Dims], Contents(tensor));
        }

        foreach (var node in model.Graph.Node)
        {
            var operands = node.Input.Select(name => known[name]).ToArray();
            var results = InferNode(node, operands);
            visit?.Invoke(node, operands, results);
            for (var i = 0; i < results.Length; i++)
            {
                known[node.Output[i]] = results[i];
            }
        }

        return known;
    }

    private static double[]? Contents(TensorProto tensor)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            return null;
        }

        return tensor.DataType == (int)OnnxType.Int64
            ? [.. MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray().Select(v => (double)v)]
            : [.. MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray().Select(v => (double)v)];
    }

    private static KnownTensor[] InferNode(NodeProto node, KnownTensor[] x) => node.OpType switch
    {
        "Clip" or "Relu" or "Sigmoid" or "Erf" or "Softmax" or "Sin" or "InstanceNormalization" or "LayerNormalization" or "AddLayerNorm" or "GroupNorm" => [new(x[0].Shape)],
        "MSDeformAttn" => [new([x[1].Shape[0], x[0].Shape[^1]])], // values, what every query projects to
        "Cast" => [x[0]],
        "Add" => [Elementwise(x[0], x[1], static (a, b) => a + b)],
        "Mul" => [Elementwise(x[0], x[1], static (a, b) => a * b)],
        "Div" => [Elementwise(x[0], x[1], static (a, b) => a / b)],
        "Sub" => [Elementwise(x[0], x[1], static (a, b) => a - b)],
        "Mod" => [Elementwise(x[0], x[1], static (a, b) => a % b)],
        "Less" or "Equal" or "And" => [new(Broadcast(x[0].Shape, x[1].Shape))],
        "Expand" => [new(Broadcast(x[0].Shape, [.. x[1].Values!.Select(d => (long)d)]))],
        "Pad" => [new([.. x[0].Shape.Select((d, i) => d + (long)(x[1].Values![i] + x[1].Values![i + x[0].Shape.Length]))])],
        "Where" => [new(Broadcast(x[0].Shape, Broadcast(x[1].Shape, x[2].Shape)))],
        "Conv" => [new([x[0].Shape[0], x[1].Shape[0], .. Slide(node, x[0])])],
        "MaxPool" => [new([.. x[0].Shape[..2], .. Slide(node, x[0])])],
        "Gemm" => [new([x[0].Shape[0], Integer(node, "transB", 0) == 0 ? x[1].Shape[1] : x[1].Shape[0]])],
        "MatMul" => [new([.. Broadcast(x[0].Shape[..^2], x[1].Shape[..^2]), x[0].Shape[^2], x[1].Shape[^1]])],
        "GridSample" => [new([x[0].Shape[0], x[0].Shape[1], x[1].Shape[1], x[1].Shape[2]])],
        "Resize" => [new([.. x[0].Shape.Select((d, i) => (long)(d * x[2].Values![i]))])],
        "Range" => [new([(long)Math.Ceiling((x[1].Values![0] - x[0].Values![0]) / x[2].Values![0])])],
        "Transpose" => [new([.. Integers(node, "perm")!.Select(axis => x[0].Shape[axis])])],
        "Reshape" => [Reshape(x[0], x[1].Values!)],
        "Unsqueeze" => [new([.. x[0].Shape[..(int)x[1].Values![0]], 1, .. x[0].Shape[(int)x[1].Values![0]..]])],
        "Shape" => [ShapeOf(node, x[0])],
        "Gather" => [Gather(node, x[0], x[1])],
        "Concat" => [Concat(node, x)],
        "Split" => Split(node, x[0], x[1].Values!),
        "ReduceSum" => [Reduce(node, x[0], (long)x[1].Values![0])],
        "ReduceMean" or "ReduceMax" or "ReduceProd" => [Reduce(node, x[0], Integers(node, "axes")![0])],
        _ => throw new NotSupportedException($"The shape of {node.OpType} ({node.Name}) is not known to the cost count."),
    };

    private static long Integer(NodeProto node, string name, long absent) => node.Attribute.FirstOrDefault(a => a.Name == name)?.I ?? absent;

    private static IList<long>? Integers(NodeProto node, string name) => node.Attribute.FirstOrDefault(a => a.Name == name)?.Ints;

    private static long[] Broadcast(long[] a, long[] b)
    {
        var result = new long[Math.Max(a.Length, b.Length)];
        for (var i = 1; i <= result.Length; i++)
        {
            var (left, right) = (i <= a.Length ? a[^i] : 1, i <= b.Length ? b[^i] : 1);
            if (left != right && left != 1 && right != 1)
            {
                throw new InvalidOperationException($"[{string.Join(", ", a)}] and [{string.Join(", ", b)}] do not fit.");
            }

            result[^i] = left == 1 ? right : left;
        }

        return result;
    }

    private static KnownTensor Elementwise(KnownTensor a, KnownTensor b, Func<double, double, double> operation)
    {
        var shape = Broadcast(a.Shape, b.Shape);
        var values = a.Values is [var left] && b.Values is [var right] ? new[] { operation(left, right) } : null;
        return new KnownTensor(shape, values);
    }

    /// <summary>Height and width after a window has slid over them.</summary>
    private static long[] Slide(NodeProto node, KnownTensor x)
    {
        var (kernel, strides, pads) = (Integers(node, "kernel_shape")!, Integers(node, "strides")!, Integers(node, "pads")!);
        var dilations = Integers(node, "dilations") ?? [1, 1];
        return [Size(0), Size(1)];

        long Size(int axis) => ((x.Shape[axis + 2] + pads[axis] + pads[axis + 2] - (dilations[axis] * (kernel[axis] - 1)) - 1) / strides[axis]) + 1;
    }

    private static KnownTensor Reshape(KnownTensor x, double[] wanted)
    {
        var shape = wanted.Select((d, i) => d == 0 ? x.Shape[i] : (long)d).ToArray();
        var rest = Array.IndexOf(shape, -1);
        if (rest >= 0)
        {
            shape[rest] = x.Elements / -new KnownTensor(shape).Elements;
        }

        var result = new KnownTensor(shape, x.Values);
        return result.Elements == x.Elements
            ? result
            : throw new InvalidOperationException($"[{string.Join(", ", x.Shape)}] cannot become [{string.Join(", ", shape)}].");
    }

    private static KnownTensor ShapeOf(NodeProto node, KnownTensor x)
    {
        var part = x.Shape[(int)Integer(node, "start", 0)..(int)Integer(node, "end", x.Shape.Length)];
        return new([part.Length], [.. part.Select(d => (double)d)]);
    }

    private static KnownTensor Gather(NodeProto node, KnownTensor x, KnownTensor indices)
    {
        var axis = (int)Integer(node, "axis", 0);
        long[] shape = [.. x.Shape[..axis], .. indices.Shape, .. x.Shape[(axis + 1)..]];
        if (x.Values is null || axis != 0)
        {
            return new(shape);
        }

        var row = (int)(x.Elements / x.Shape[0]);
        return new(shape, [.. indices.Values!.SelectMany(i => x.Values.Skip((int)i * row).Take(row))]);
    }

    private static KnownTensor Concat(NodeProto node, KnownTensor[] parts)
    {
        var axis = (int)Integer(node, "axis", 0);
        var shape = (long[])parts[0].Shape.Clone();
        shape[axis] = parts.Sum(p => p.Shape[axis]);
        return new(shape, parts.All(p => p.Values is not null) && shape.Length == 1 ? [.. parts.SelectMany(p => p.Values!)] : null);
    }

    private static KnownTensor[] Split(NodeProto node, KnownTensor x, double[] lengths)
    {
        var axis = (int)Integer(node, "axis", 0);
        return [.. lengths.Select(length => new KnownTensor([.. x.Shape[..axis], (long)length, .. x.Shape[(axis + 1)..]]))];
    }

    private static KnownTensor Reduce(NodeProto node, KnownTensor x, long axisOrNegative)
    {
        var axis = (int)(axisOrNegative < 0 ? axisOrNegative + x.Shape.Length : axisOrNegative);
        long[] kept = Integer(node, "keepdims", 1) == 1 ? [1] : [];
        long[] shape = [.. x.Shape[..axis], .. kept, .. x.Shape[(axis + 1)..]];
        if (node.OpType != "ReduceProd" || x.Values is null || axis != x.Shape.Length - 1)
        {
            return new(shape);
        }

        var row = (int)x.Shape[axis];
        return new(shape, [.. x.Values.Chunk(row).Select(r => r.Aggregate(1.0, static (a, b) => a * b))]);
    }
}
