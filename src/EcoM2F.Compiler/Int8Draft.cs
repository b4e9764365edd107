using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Quantization;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>
/// A model whose int8 graphs are being found: a copy in a temporary folder, of its own size, without gates and cut decoders, that is written
/// again and again with other layers on 8 bits. Removes the folder when disposed.
/// </summary>
public sealed class Int8Draft : IDisposable
{
    private const string WeightsName = "int8.bin";

    private readonly Int8GraphSet _graphs;
    private readonly ModelManifest _model;
    private readonly WeightStore _weights = new();

    private Int8Draft(ModelFolder folder, string temporary)
    {
        (Source, Folder, _graphs) = (folder, temporary, new Int8GraphSet(folder));
        _model = Reduce(folder.Manifest);
    }

    /// <summary>The model as it is.</summary>
    public ModelFolder Source { get; }

    /// <summary>The copy's path; a model folder from the start, with fp32 graphs.</summary>
    public string Folder { get; }

    /// <summary>What may be put on 8 bits.</summary>
    public IReadOnlyList<QuantizableLayer> Layers => _graphs.Layers;

    internal Int8GraphSet Graphs => _graphs;

    /// <summary>Checks hashes and copies what the draft needs.</summary>
    /// <exception cref="CompileException">The model has no layer that could be put on 8 bits, or no canary.</exception>
    /// <exception cref="ModelLoadException">The folder is not a complete model.</exception>
    public static Int8Draft Open(string modelFolder, CancellationToken cancellationToken)
    {
        var folder = ModelFolder.OpenVerified(modelFolder, cancellationToken);
        if (!folder.Manifest.Sha256.ContainsKey(folder.Manifest.Canary))
        {
            throw new CompileException($"{folder.Path} has no canary; compile the model again.");
        }

        var draft = new Int8Draft(folder, Directory.CreateTempSubdirectory("ecom2f-quantize-").FullName);
        try
        {
            draft.Copy(cancellationToken);
            return draft.Layers.Count > 0 ? draft : throw new CompileException($"Model '{folder.Manifest.Name}' has no layer that could be put on 8 bits.");
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    /// <summary>Writes graphs that give what layers are calibrated by, beside the copy's own.</summary>
    /// <returns>Their paths; null for a stage without layers to calibrate. That of the encoder runs all its layers.</returns>
    public (string? Stem, string? Encoder, string? Decoder) WriteObserved() =>
        (WriteObserved(GraphStages.Stem), WriteObserved(GraphStages.EncoderExits), WriteObserved(GraphStages.Decoder));

    /// <summary>Takes what one of <see cref="WriteObserved()"/>'s graphs gave on a photograph.</summary>
    /// <param name="stage">One of <see cref="GraphStages"/>.</param>
    /// <param name="output">Of the graph.</param>
    /// <param name="values">Read during the call only.</param>
    /// <param name="shape">Of the values.</param>
    public void Observe(string stage, string output, ReadOnlySpan<float> values, ReadOnlySpan<long> shape) => _graphs.Observe(stage, output, values, shape);

    /// <summary>Makes ranges and the int8 weights of all layers from what was observed, and writes the weights.</summary>
    public void Calibrate()
    {
        _graphs.Calibrate();
        _graphs.Convert(Layers, _weights);
        _weights.WriteFile(Path.Combine(Folder, WeightsName));
    }

    /// <summary>Writes the copy's int8 graphs with these layers on 8 bits, in place of those before; after <see cref="Calibrate"/>.</summary>
    /// <param name="layers">At least one.</param>
    public void Write(IReadOnlyCollection<QuantizableLayer> layers)
    {
        var entries = new List<GraphEntry>();
        foreach (var (entry, graph) in _graphs.Convert(layers, _weights).Where(item => _model.Graphs.Any(known => known.Stage == item.Entry.Stage && known.Exit == item.Entry.Exit)))
        {
            var file = Int8Installer.StemOf(entry) + Int8Installer.ExtensionOf(entry);
            GraphFile.Write(graph, _weights, Path.Combine(Folder, file), WeightsName);
            entries.Add(entry with { File = file });
        }

        // Any difference passes: it is what is to be measured.
        var record = new PrecisionRecord(WeightsName, new PrecisionTolerance(0, new Dictionary<string, double> { [GraphTensors.Encoder] = double.MaxValue }));
        WriteManifest(_model with
        {
            Graphs = [.. _model.Graphs, .. entries],
            Precisions = new Dictionary<string, PrecisionRecord> { [GraphPrecisions.EightBits] = record },
            Sha256 = new SortedDictionary<string, string>(
                _model.Sha256.Concat(entries.Select(static entry => entry.File).Append(WeightsName).Select(name => KeyValuePair.Create(name, ModelFolderChange.HashOf(Path.Combine(Folder, name))))).ToDictionary(),
                StringComparer.Ordinal),
        });
    }

    public void Dispose()
    {
        _graphs.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>What a draft is measured as: points and gates are another matter.</summary>
    private static ModelManifest Reduce(ModelManifest model)
    {
        var plain = MadePrecisions.RemoveFrom(model);
        var graphs = plain.Graphs.Where(static graph => graph.Precision == GraphPrecisions.Fp32 && (graph.Stage != GraphStages.Decoder || graph.Exit is null)).ToList();
        HashSet<string> files = [.. graphs.Select(static graph => graph.File), plain.Weights, plain.Canary];
        if (plain.ExitAdapters is { } adapters)
        {
            files.Add(adapters.File);
        }

        return plain with
        {
            Sizes = null,
            DecoderExits = null,
            Gates = null,
            Graphs = graphs,
            Sha256 = new SortedDictionary<string, string>(plain.Sha256.Where(file => files.Contains(file.Key)).ToDictionary(), StringComparer.Ordinal),
        };
    }

    private void Copy(CancellationToken cancellationToken)
    {
        foreach (var name in _model.Sha256.Keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            File.Copy(Source.PathOf(name), Path.Combine(Folder, name));
        }

        WriteManifest(_model);
    }

    private void WriteManifest(ModelManifest model) => File.WriteAllText(Path.Combine(Folder, ModelManifest.FileName), model.ToJson() + "\n");

    private string? WriteObserved(string stage)
    {
        if (_graphs.Observed(stage) is not { } graph)
        {
            return null;
        }

        var path = Path.Combine(Folder, $"{stage}.observed.onnx");
        GraphFile.Write(graph, _weights, path);
        return path;
    }
}
