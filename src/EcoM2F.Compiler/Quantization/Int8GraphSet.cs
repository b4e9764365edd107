using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Quantization;

/// <summary>The fp32 graphs of a model that CPUs run, and the int8 graphs that are made of them. Owns the mapped fp32 weights.</summary>
internal sealed class Int8GraphSet : IDisposable
{
    private readonly SafetensorsFile _weights;
    private readonly List<(GraphEntry Entry, ModelProto Graph)> _graphs;
    private readonly Dictionary<string, Calibration> _calibrations; // by stage
    private Dictionary<string, LayerCalibration> _calibrated = [];

    /// <param name="folder">Verified.</param>
    public Int8GraphSet(ModelFolder folder)
    {
        _graphs = [.. folder.Manifest.Graphs
            .Where(static graph => graph.Precision == GraphPrecisions.Fp32)
            .GroupBy(static graph => (graph.Stage, graph.Exit))
            .Select(static flavours => flavours.OrderBy(static graph => graph.Flavour == GraphFlavours.Portable).First())
            .Select(entry => (entry, GraphFile.Read(folder.PathOf(entry.File))))];
        _weights = SafetensorsFile.Open(folder.PathOf(folder.Manifest.Weights));
        Layers = [.. _graphs.SelectMany(static item => QuantizableLayers.Find(item.Graph, item.Entry.Stage)).DistinctBy(static layer => layer.Weight)];
        _calibrations = ((string[])[GraphStages.Stem, GraphStages.EncoderExits, GraphStages.Decoder]).ToDictionary(static stage => stage, CalibrationOf, StringComparer.Ordinal);
    }

    /// <summary>Stem first, then encoder and decoder, each in the order of its graph.</summary>
    public IReadOnlyList<QuantizableLayer> Layers { get; }

    /// <summary>The graph of a stage that gives what its layers are calibrated by; null where it has none.</summary>
    public ModelProto? Observed(string stage) => _calibrations[stage].Observed;

    /// <summary>Takes an output of <see cref="Observed"/>'s graph, of one photograph.</summary>
    public void Observe(string stage, string output, ReadOnlySpan<float> values, ReadOnlySpan<long> shape) => _calibrations[stage].Add(output, values, shape);

    /// <summary>Takes over what was observed.</summary>
    public void Calibrate() => _calibrated = _calibrations.Values.SelectMany(static calibration => calibration.Layers).ToDictionary(StringComparer.Ordinal);

    /// <summary>Those graphs in which something is on 8 bits.</summary>
    /// <param name="weights">Gets their weights.</param>
    public IReadOnlyList<(GraphEntry Entry, ModelProto Graph)> Convert(IEnumerable<QuantizableLayer> layers, WeightStore weights)
    {
        var source = new Int8Source(layers.ToDictionary(static layer => layer.Weight, layer => _calibrated[layer.Weight]), _weights.Floats);
        return [.. _graphs
            .Where(item => QuantizableLayers.Find(item.Graph, item.Entry.Stage).Any(layer => source.Has(layer.Weight)))
            .Select(item => (item.Entry with { Precision = GraphPrecisions.EightBits, File = "" }, Int8Graph.Convert(item.Graph, source, weights)))];
    }

    public void Dispose() => _weights.Dispose();

    private Calibration CalibrationOf(string stage)
    {
        var whole = _graphs.First(item => item.Entry.Stage == stage && item.Entry.Exit is null).Graph;
        return new Calibration(whole, ObservedLayer.Find(whole.Graph, Layers));
    }
}
