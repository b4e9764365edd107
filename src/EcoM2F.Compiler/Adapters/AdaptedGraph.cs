using System.Globalization;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Adapters;

/// <summary>
/// Puts adapters behind outputs of a finished encoder graph, and takes them off again: then the graph is what it was, byte for byte. Names
/// of what is added begin with <see cref="Prefix"/>, so that it can be told from the rest.
/// </summary>
internal static class AdaptedGraph
{
    private const string Prefix = "adapter.";

    /// <param name="model">Changed in place.</param>
    /// <param name="output">The graph's output that is to be adapted: from now on what the adapter gives.</param>
    /// <param name="adapter">Its graph, in the precision that is wanted.</param>
    /// <param name="exit">Which; part of names.</param>
    /// <param name="withRaw">Whether what the layers give stays an output, by the name <see cref="GraphTensors.RawOf"/>.</param>
    public static void Attach(ModelProto model, string output, ModelProto adapter, int exit, bool withRaw)
    {
        var graph = model.Graph;
        var raw = GraphTensors.RawOf(output);
        Rename(graph, output, raw);
        if (withRaw)
        {
            var declared = graph.Output.First(item => item.Name == output).Clone();
            declared.Name = raw;
            graph.Output.Add(declared);
        }

        foreach (var tensor in adapter.Graph.Initializer)
        {
            var copy = tensor.Clone();
            copy.Name = Local(tensor.Name);
            graph.Initializer.Add(copy);
        }

        foreach (var node in adapter.Graph.Node)
        {
            var copy = node.Clone();
            copy.Name = Local(node.Name);
            Replace(copy.Input, Local);
            Replace(copy.Output, Local);
            graph.Node.Add(copy);
        }

        string Local(string name) => name switch
        {
            GraphTensors.Tokens => raw,
            GraphTensors.Encoder => output,
            GraphTensors.SpatialShapes or "" => name,
            _ when name.StartsWith(Prefix, StringComparison.Ordinal) => name, // weights, which are named after their adapter
            _ => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{exit}/{name}"),
        };
    }

    /// <param name="model">Changed in place; one without adapters stays as it is.</param>
    public static void Detach(ModelProto model)
    {
        var graph = model.Graph;
        var added = graph.Node.Where(static node => IsAdded(node.Name)).SelectMany(static node => node.Output).ToHashSet(StringComparer.Ordinal);
        var adapted = graph.Output.Select(static item => item.Name).Where(added.Contains).ToList();
        Remove(graph.Node, static node => IsAdded(node.Name));
        Remove(graph.Initializer, static tensor => IsAdded(tensor.Name));
        foreach (var output in adapted)
        {
            Remove(graph.Output, item => item.Name == GraphTensors.RawOf(output));
            Rename(graph, GraphTensors.RawOf(output), output);
        }
    }

    private static bool IsAdded(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    private static void Rename(GraphProto graph, string from, string to)
    {
        foreach (var node in graph.Node)
        {
            Replace(node.Input, name => name == from ? to : name);
            Replace(node.Output, name => name == from ? to : name);
        }
    }

    private static void Replace(IList<string> names, Func<string, string> to)
    {
        for (var i = 0; i < names.Count; i++)
        {
            names[i] = to(names[i]);
        }
    }

    private static void Remove<T>(IList<T> items, Predicate<T> isRemoved)
    {
        for (var i = items.Count - 1; i >= 0; i--)
        {
            if (isRemoved(items[i]))
            {
                items.RemoveAt(i);
            }
        }
    }
}
