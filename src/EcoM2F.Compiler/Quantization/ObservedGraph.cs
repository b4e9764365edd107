using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// A graph that gives nothing but what its layers are calibrated by: the least and the largest number of what convolutions read and give and of
/// what products read behind a ReLU; all that convolutions read; and some rows of what products read.
/// </summary>
internal sealed class ObservedGraph
{
    /// <summary>Ends of the names of outputs, behind the value's.</summary>
    public const string Least = "/least";

    /// <inheritdoc cref="Least"/>
    public const string Largest = "/largest";

    /// <inheritdoc cref="Least"/>
    public const string Whole = "/whole";

    /// <summary>[inputs, rows]: of a product's input, rows as columns.</summary>
    public const string Rows = "/rows";

    private readonly GraphProto _graph;

    private ObservedGraph(GraphProto graph) => _graph = graph;

    /// <param name="layers">Of the graph.</param>
    public static ModelProto Of(ModelProto model, IReadOnlyCollection<ObservedLayer> layers)
    {
        var observed = model.Clone();
        observed.Graph.Output.Clear();
        new ObservedGraph(observed.Graph).Add(layers);
        return observed;
    }

    private void Add(IReadOnlyCollection<ObservedLayer> layers)
    {
        foreach (var value in layers.SelectMany(static layer => (string?[])[layer.HasInputRange ? layer.Input : null, layer.Output]).OfType<string>().Distinct())
        {
            Output(Node("ReduceMin", value + Least, [value], GraphParts.Attribute("keepdims", 0)));
            Output(Node("ReduceMax", value + Largest, [value], GraphParts.Attribute("keepdims", 0)));
        }

        foreach (var value in layers.Where(static layer => layer.Window is not null).Select(static layer => layer.Input).Distinct())
        {
            Output(Node("Identity", value + Whole, [value]));
        }

        foreach (var (value, inputs) in layers.Where(static layer => layer.Window is null).Select(static layer => (layer.Input, layer.Inputs)).Distinct())
        {
            AddRows(value, inputs);
        }
    }

    /// <summary>As <see cref="ConvolutionWindow.Columns"/>, every nth row, n odd: an even step would take the same columns of every line of an image.</summary>
    private void AddRows(string value, int inputs)
    {
        var name = value + Rows;
        var rows = Node("Reshape", name + ".all", [value, Integers(name + ".shape", -1, inputs)]);
        var count = Node("Gather", name + ".count", [Node("Shape", name + ".sizes", [rows]), Integers("observed.0", 0)]);
        var half = Node("Div", name + ".half", [count, Integers("observed.most", 2 * InputMoments.MostVectors)]);
        var step = Node("Add", name + ".step", [Node("Mul", name + ".even", [half, Integers("observed.2", 2)]), Integers("observed.1", 1)]);
        var taken = Node("Slice", name + ".taken", [rows, Integers("observed.0", 0), Integers("observed.end", long.MaxValue), Integers("observed.0", 0), step]);
        Output(Node("Transpose", name, [taken]));
    }

    private string Node(string operation, string name, string[] inputs, params AttributeProto[] attributes)
    {
        var node = GraphParts.Node(operation, name, inputs, [name]);
        node.Attribute.Add(attributes);
        _graph.Node.Add(node);
        return name;
    }

    private string Integers(string name, params long[] values)
    {
        if (_graph.Initializer.All(tensor => tensor.Name != name))
        {
            _graph.Initializer.Add(GraphParts.Integers(name, values));
        }

        return name;
    }

    private void Output(string name) =>
        _graph.Output.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxType.Float } } });
}
