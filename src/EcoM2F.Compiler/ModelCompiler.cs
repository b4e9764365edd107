using System.Globalization;
using EcoM2F.Compiler.Architectures;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Costs;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler;

/// <summary>Turns a Hugging Face checkpoint folder into a model folder: staged ONNX graphs, one weights file, a manifest.</summary>
public static class ModelCompiler
{
    private const string Portable = "portable";

    /// <summary>
    /// 1. Read and check the configuration. 2. Build the graphs. 3. Count costs. 4. Write the weights into a hidden folder, which
    /// reads the checkpoint; refuse keys that nothing used. 5. Write graphs and gates. 6. Let the canary be written. 7. Hash,
    /// write the manifest, put the folder in place.
    /// </summary>
    /// <param name="options">What and where.</param>
    /// <param name="progress">Lines for a person, warnings among them (they begin with "Warning:").</param>
    /// <returns>The manifest that was written.</returns>
    /// <exception cref="CompileException">The checkpoint or an option is wrong; nothing was written.</exception>
    public static ModelManifest Compile(CompileOptions options, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        try
        {
            return CompileChecked(options, progress, cancellationToken);
        }
        catch (SafetensorsException exception)
        {
            throw new CompileException(exception.Message, exception);
        }
    }

    private static ModelManifest CompileChecked(CompileOptions options, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // 1. configuration
        var configFile = Path.Combine(options.CheckpointFolder, "config.json");
        var config = ArchitectureReader.Read(configFile);
        var extra = EcoM2FConfig.Read(options.CheckpointFolder, config.Labels, config.Postprocessing);
        var classes = Classes(options, config, extra, progress);
        var draft = Draft(options, config, extra, classes);
        using var folder = new ModelFolderWriter(options.OutputFolder);

        // 2. to 5.
        var (graphs, costs) = WriteGraphs(options, config, draft, folder.Folder, progress, cancellationToken);
        var gates = extra.Gates is { } gateConfig
            ? GateCompiler.Write(gateConfig, options.CheckpointFolder, folder.Folder, (config.TokenWidth, draft.Exits))
            : null;
        var manifest = draft with { Graphs = graphs, Gates = gates, Costs = costs, Sha256 = folder.Hash(cancellationToken) };
        folder.WriteManifest(manifest);

        // 6. canary
        if (options.WriteCanary is { } writeCanary)
        {
            progress?.Report("Running the canary");
            writeCanary(folder.Folder, manifest, cancellationToken);
            manifest = manifest with { Sha256 = folder.Hash(cancellationToken) };
            folder.WriteManifest(manifest);
        }

        // 7. in place
        folder.Commit();
        return manifest;
    }

    private static (IReadOnlyList<GraphEntry> Graphs, IReadOnlyList<ModelCost> Costs) WriteGraphs(
        CompileOptions options, IArchitecture config, ModelManifest draft, string folder, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // 2. graphs
        progress?.Report("Building graphs");
        using var checkpoint = SafetensorsCheckpoint.Open(options.CheckpointFolder);
        var reader = new CheckpointReader(checkpoint);
        var weights = new WeightStore();
        var graphs = BuildGraphs(config.Build(checkpoint, reader, weights), draft.Exits, cancellationToken);

        // 3. costs
        var costs = ModelCosts.Count(
            draft.Preprocessing, Graph("stem"), (Graph("encoder-exits"), config.EncoderLayers), Graph("decoder"));

        // 4. weights
        progress?.Report("Writing weights and graphs");
        weights.Write(folder);
        reader.CheckNothingLeft();

        // 5. graphs' files
        foreach (var (entry, graph) in graphs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            GraphFile.Write(graph, weights, Path.Combine(folder, entry.File));
        }

        return ([.. graphs.Select(g => g.Entry)], costs);

        ModelProto Graph(string stage) => graphs.First(g => g.Entry.Stage == stage).Graph;
    }

    private static List<(GraphEntry Entry, ModelProto Graph)> BuildGraphs(IStagedNetwork network, IReadOnlyList<int> exits, CancellationToken cancellationToken)
    {
        var graphs = new List<(GraphEntry, ModelProto)> { (Entry("stem", "stem.onnx"), network.Stem()) };
        foreach (var exit in exits)
        {
            cancellationToken.ThrowIfCancellationRequested();
            graphs.Add((Entry("encoder", string.Create(CultureInfo.InvariantCulture, $"encoder-{exit}.onnx"), exit), network.Encoder(exit)));
        }

        graphs.Add((Entry("encoder-exits", "encoder-exits.onnx"), network.EncoderExits()));
        graphs.Add((Entry("decoder", "decoder.onnx"), network.Decoder()));
        return graphs;

        static GraphEntry Entry(string stage, string file, int? exit = null) => new(stage, Portable, "fp32", file, exit);
    }

    private static ModelManifest Draft(CompileOptions options, IArchitecture config, EcoM2FConfig extra, IReadOnlyList<ModelClass> classes)
    {
        var name = options.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.OutputFolder)));
        if (!ModelManifest.IsName(name))
        {
            throw new CompileException($"The model's name '{name}' is not allowed: a-z, 0-9, '.', '_' and '-', first a letter or digit, at most 64.");
        }

        return new ModelManifest
        {
            Schema = ModelManifest.CurrentSchema,
            Name = name,
            Version = options.Version,
            Tasks = Tasks(extra.Postprocessing, classes),
            Licence = extra.Licence,
            Provenance = extra.Provenance,
            Classes = classes,
            Preprocessing = PreprocessorConfig.Read(options.CheckpointFolder),
            Postprocessing = extra.Postprocessing,
            Exits = [.. Enumerable.Range(1, config.EncoderLayers)],
            Graphs = [],
            Costs = [],
            Sha256 = new Dictionary<string, string>(),
        };
    }

    private static IReadOnlyList<string> Tasks(PostprocessingSettings postprocessing, IReadOnlyList<ModelClass> classes) =>
        postprocessing.MakesBoxes ? ["detection"]
        : classes.Any(static c => c.Isthing) ? ["panoptic", "instance", "semantic"]
        : ["panoptic", "semantic"];

    private static IReadOnlyList<ModelClass> Classes(CompileOptions options, IArchitecture config, EcoM2FConfig extra, IProgress<string>? progress)
    {
        if (options.CategoriesFile is { } file)
        {
            var keys = new ConfigKeys(ConfigKeys.Load(file), file);
            return ClassList.Read(keys.Array("classes") ?? throw keys.Error("classes", "a list of objects with id, name, isthing, color"), file, config.Labels);
        }

        if (extra.Classes is null && !config.Postprocessing.MakesBoxes)
        {
            progress?.Report("Warning: nothing says which classes are things and which are stuff; all count as things. "
                + $"Say so in {EcoM2FConfig.FileName} or a categories file.");
        }

        return extra.Classes ?? ClassList.FromLabels(config.Labels);
    }
}
