namespace EcoM2F.Compiler.Graph;

/// <summary>The operators that the networks are made of, with the defaults they need. Shapes are NCHW or [.., rows, columns].</summary>
internal static class Operators
{
    public static Value Add(this GraphBuilder g, Value a, Value b) => g.Node("Add", [a, b]);

    public static Value Mul(this GraphBuilder g, Value a, Value b) => g.Node("Mul", [a, b]);

    public static Value Div(this GraphBuilder g, Value a, Value b) => g.Node("Div", [a, b]);

    public static Value Relu(this GraphBuilder g, Value x) => g.Node("Relu", [x]);

    public static Value MatMul(this GraphBuilder g, Value a, Value b) => g.Node("MatMul", [a, b]);

    public static Value Softmax(this GraphBuilder g, Value x) => g.Node("Softmax", [x], ("axis", -1));

    public static Value Scalar(this GraphBuilder g, float value) => g.Constant([value]);

    public static Value Ints(this GraphBuilder g, params ReadOnlySpan<long> values) => g.Constant(values, values.Length);

    public static Value Transpose(this GraphBuilder g, Value x, params long[] order) => g.Node("Transpose", [x], ("perm", order));

    public static Value Reshape(this GraphBuilder g, Value x, Value shape) => g.Node("Reshape", [x, shape]);

    /// <summary>0 keeps a dimension, -1 is what is left.</summary>
    public static Value Reshape(this GraphBuilder g, Value x, params ReadOnlySpan<long> shape) => g.Node("Reshape", [x, g.Ints(shape)]);

    public static Value Concat(this GraphBuilder g, int axis, params ReadOnlySpan<Value> parts) => g.Node("Concat", parts, ("axis", axis));

    /// <summary>Parts of the lengths that <paramref name="lengths"/> (int64 [count]) holds.</summary>
    public static Value[] Split(this GraphBuilder g, Value x, int axis, Value lengths, int count) =>
        g.Node("Split", [x, lengths], count, ("axis", axis));

    public static Value[] Split(this GraphBuilder g, Value x, int axis, params ReadOnlySpan<long> lengths) =>
        g.Split(x, axis, g.Ints(lengths), lengths.Length);

    /// <summary>The sizes of dimensions <paramref name="start"/> to <paramref name="end"/> (exclusive), int64.</summary>
    public static Value Shape(this GraphBuilder g, Value x, int start, int end) => g.Node("Shape", [x], ("start", start), ("end", end));

    public static Value Gather(this GraphBuilder g, Value x, Value indices, int axis) => g.Node("Gather", [x, indices], ("axis", axis));

    public static Value ToFloat(this GraphBuilder g, Value x) => g.Node("Cast", [x], ("to", (int)OnnxType.Float));

    public static Value ReduceSum(this GraphBuilder g, Value x, int axis) => g.Node("ReduceSum", [x, g.Ints(axis)], ("keepdims", 0));

    public static Value ReduceMean(this GraphBuilder g, Value x, int axis) =>
        g.Node("ReduceMean", [x], ("axes", new long[] { axis }), ("keepdims", 0)); // axes became an input in opset 18

    /// <summary>Zero padding outside, pixel centres at half: PyTorch's grid_sample with align_corners=False.</summary>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="grid">[B, H', W', 2], x before y, -1 to 1.</param>
    public static Value GridSample(this GraphBuilder g, Value x, Value grid) => // [B, C, H', W']
        g.Node("GridSample", [x, grid], ("mode", "bilinear"), ("padding_mode", "zeros"), ("align_corners", 0));

    /// <summary>Bilinear, PyTorch's align_corners=False without antialiasing.</summary>
    /// <param name="x">[B, C, H, W].</param>
    public static Value Resize(this GraphBuilder g, Value x, float scale) => g.Node(
        "Resize",
        [x, Value.None, g.Constant([1f, 1f, scale, scale], 4)],
        ("mode", "linear"),
        ("coordinate_transformation_mode", "half_pixel"));
}
