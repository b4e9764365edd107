using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Onnx.CustomOps;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests.Operators;

/// <summary>Graphs of one operator of our own, and of what it stands in for.</summary>
internal static class OperatorGraphs
{
    /// <summary>values [B, N, d], projected [B*N, 3 S], spatial_shapes -> sampled [B*N, d].</summary>
    public static ModelProto BuildSampling(SamplingSize size, bool fused)
    {
        var g = new GraphBuilder("sampling", new WeightStore());
        var values = g.Input("values", OnnxType.Float, "batch", "tokens", $"{size.Width}");
        var projected = g.Input("projected", OnnxType.Float, "rows", $"{3 * size.Samples}");
        var shapes = g.Input("spatial_shapes", OnnxType.Int64, $"{size.Levels}", "2");
        var sampling = SamplingFlavours.OfTokens(g, size, shapes, values, fused);
        var output = sampling.Sample(g.Reshape(values, -1, size.Width), projected);
        g.Output(output, "sampled", OnnxType.Float, "rows", $"{size.Width}");
        return g.Build();
    }

    /// <summary>The operator with inputs of any shape, reference points among them where <paramref name="references"/>.</summary>
    public static ModelProto BuildOperator((int Heads, int Levels, int Points) attributes, bool references)
    {
        var g = new GraphBuilder("operator", new WeightStore());
        List<Value> inputs = [Float("values", 3), Float("projected", 3), g.Input("spatial_shapes", OnnxType.Int64, "levels", "two")];
        if (references)
        {
            inputs.Add(Float("reference_points", 4));
        }

        var output = g.Node(
            EcoM2FOperators.MSDeformAttn, [.. inputs], ("heads", attributes.Heads), ("levels", attributes.Levels), ("points", attributes.Points));
        g.Output(output, "sampled", OnnxType.Float, "a", "b", "c");
        return g.Build();

        Value Float(string name, int rank) => g.Input(name, OnnxType.Float, [.. Enumerable.Range(0, rank).Select(i => $"{name}{i}")]);
    }

    /// <summary>x, residual -> normal, with weights as inputs too: the operator of our own, or the two that it stands for.</summary>
    public static ModelProto BuildNorm(int width, bool fused, bool add = true)
    {
        var g = new GraphBuilder("norm", new WeightStore());
        var x = g.Input("x", OnnxType.Float, "rows", $"{width}");
        var residual = add ? g.Input("residual", OnnxType.Float, "rows2", $"{width}") : Value.None;
        var (scale, shift) = (g.Input("scale", OnnxType.Float, "width"), g.Input("shift", OnnxType.Float, "width2"));
        var output = fused
            ? g.Node(EcoM2FOperators.AddLayerNorm, [x, residual, scale, shift], ("epsilon", 1e-5f))
            : g.Node("LayerNormalization", [add ? g.Add(x, residual) : x, scale, shift], ("axis", -1), ("epsilon", 1e-5f));
        g.Output(output, "normal", OnnxType.Float, "rows", $"{width}");
        return g.Build();
    }

    /// <summary>x, and coarse where it is added -> normal, with weights as inputs too: the operator of our own, or what it stands for.</summary>
    public static ModelProto BuildGroupNorm(int channels, bool fused, bool add, bool relu)
    {
        const int groups = 32;
        var g = new GraphBuilder("group-norm", new WeightStore());
        var x = g.Input("x", OnnxType.Float, "b", "c", "h", "w");
        var coarse = add ? g.Input("coarse", OnnxType.Float, "b2", "c2", "h2", "w2") : Value.None;
        var (scale, shift) = (g.Input("scale", OnnxType.Float, "c3"), g.Input("shift", OnnxType.Float, "c4"));
        g.Output(fused ? Fused() : Standard(), "normal", OnnxType.Float, "b", "c", "h", "w");
        return g.Build();

        Value Fused() => g.Node(EcoM2FOperators.GroupNorm, [x, coarse, scale, shift], ("epsilon", 1e-5f), ("groups", groups), ("relu", relu ? 1 : 0));

        Value Standard()
        {
            var ones = new float[groups];
            Array.Fill(ones, 1f);
            var normal = g.Node("InstanceNormalization", [g.Reshape(x, 0, groups, -1), g.Constant(ones, groups), g.Constant(new float[groups], groups)], ("epsilon", 1e-5f));
            normal = g.Add(g.Mul(g.Reshape(normal, g.Shape(x, 0, 4)), g.Reshape(scale, channels, 1, 1)), g.Reshape(shift, channels, 1, 1));
            normal = add ? g.Add(normal, g.Resize(coarse, 2f)) : normal;
            return relu ? g.Relu(normal) : normal;
        }
    }

    public static InferenceSession Open(ModelProto model, int threads = 2)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads };
        EcoM2FOperators.AddTo(options);
        return new InferenceSession(model.ToByteArray(), options);
    }

    public static NamedTensor Run(InferenceSession session, params ReadOnlySpan<(string Name, NamedTensor Tensor)> inputs)
    {
        var values = new Dictionary<string, OrtValue>();
        try
        {
            foreach (var (name, tensor) in inputs)
            {
                values.Add(name, tensor.Integers is { } integers
                    ? OrtValue.CreateTensorValueFromMemory(integers, tensor.Shape)
                    : OrtValue.CreateTensorValueFromMemory(tensor.Floats, tensor.Shape));
            }

            using var run = new RunOptions();
            using var results = session.Run(run, values, session.OutputNames);
            return new NamedTensor(results[0].GetTensorTypeAndShape().Shape, results[0].GetTensorDataAsSpan<float>().ToArray());
        }
        finally
        {
            foreach (var value in values.Values)
            {
                value.Dispose();
            }
        }
    }
}
