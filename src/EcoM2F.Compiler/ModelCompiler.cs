using System.Globalization;
using EcoM2F.Compiler.Architectures;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Costs;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx.CustomOps;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler;

/// <summary>Turns a Hugging Face checkpoint folder into a model folder: staged ONNX graphs, one weights file, a manifest.</summary>
public static class ModelCompiler
{
    /// <summary>
    /// 1. Read and check the configuration, open the checkpoint. 2. Build the graphs. 3. Count costs. 4. Write the weights into a hidden folder, which
    /// reads the checkpoint; refuse keys that nothing used. 5. Write graphs and gates. 6. Let the canary be written, from the
    /// portable graphs. 7. Remove the graphs that were not asked for. 8. Hash, write the manifest, put the folder in place.
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
        var keys = ConfigKeys.Open(Path.Combine(options.CheckpointFolder, "config.json"));
        var architecture = ArchitectureRegistry.Find(keys);
        using var files = SafetensorsCheckpoint.Open(options.CheckpointFolder);
        var checkpoint = CheckpointReader.Of(files, architecture.RequiredTensor);
        var config = architecture.Read(keys, checkpoint);
        var extra = EcoM2FConfig.Read(options.CheckpointFolder, config.Labels, config.Postprocessing);
        var classes = Classes(options, config, extra, progress);
        extra.RequireClasses(options.CheckpointFolder, classes);
        var weights = new WeightStore();
        var network = config.Build(checkpoint, weights);
        var draft = Draft(options, config, extra, classes) with { DecoderExits = DecoderExitList.Parse(options.DecoderExits, network.DecoderLayers) };
        using var folder = new ModelFolderWriter(options.OutputFolder);

        // 2. to 5.
        var (graphs, costs) = WriteGraphs(options, (network, weights, checkpoint), draft, folder.Folder, progress, cancellationToken);
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
        }

        // 7. flavours
        if (options.Flavours == CompiledFlavours.Fused)
        {
            manifest = WithoutReplacedGraphs(manifest, folder.Folder);
        }

        // 8. in place
        manifest = manifest with { Sha256 = folder.Hash(cancellationToken) };
        folder.WriteManifest(manifest);
        folder.Commit();
        return manifest;
    }

    private static (IReadOnlyList<GraphEntry> Graphs, IReadOnlyList<ModelCost> Costs) WriteGraphs(
        CompileOptions options, (IStagedNetwork Network, WeightStore Weights, CheckpointReader Checkpoint) source, ModelManifest draft, string folder, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // 2. graphs
        progress?.Report("Building graphs");
        var weights = source.Weights;
        var graphs = BuildGraphs(source.Network, draft, options.Flavours, cancellationToken);
        if (options.Precision == GraphPrecisions.Fp16)
        {
            graphs.AddRange(graphs.Where(static g => g.Entry.Flavour == GraphFlavours.Portable).ToList().Select(g => HalfOf(g.Entry, g.Graph, weights)));
        }

        // 3. costs
        var costs = ModelCosts.Count(
            draft, Graph(GraphStages.Stem), (Graph(GraphStages.EncoderExits), draft.MaxDepth), exit => Graph(GraphStages.Decoder, exit));

        // 4. weights
        progress?.Report("Writing weights and graphs");
        weights.Write(folder);
        source.Checkpoint.CheckNothingLeft();

        // 5. graphs' files
        foreach (var (entry, graph) in graphs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            GraphFile.Write(graph, weights, Path.Combine(folder, entry.File));
        }

        return ([.. graphs.Select(g => g.Entry)], costs);

        ModelProto Graph(string stage, int? exit = null) => graphs.First(g => g.Entry.Stage == stage && g.Entry.Exit == exit && g.Entry is { Flavour: GraphFlavours.Portable, Precision: GraphPrecisions.Fp32 }).Graph;
    }

    private static (GraphEntry Entry, ModelProto Graph) HalfOf(GraphEntry entry, ModelProto graph, WeightStore weights) => (
        entry with { Precision = GraphPrecisions.Fp16, File = Path.ChangeExtension(entry.File, ".fp16.onnx") },
        HalfPrecision.Convert(graph, weights));

    /// <summary>A stage without an operator of ours in it has one graph, which does for both flavours.</summary>
    private static List<(GraphEntry Entry, ModelProto Graph)> BuildGraphs(
        IStagedNetwork network, ModelManifest draft, CompiledFlavours flavours, CancellationToken cancellationToken)
    {
        var graphs = new List<(GraphEntry, ModelProto)> { (Entry(GraphStages.Stem), network.Stem(fused: false)) };
        var fuse = flavours != CompiledFlavours.Portable;
        if (fuse && network.Stem(fused: true) is var stem && stem.OpsetImport.Any(static import => import.Domain == EcoM2FOperators.Domain))
        {
            graphs.Add((Entry(GraphStages.Stem, fused: true), stem));
        }

        AddEncoders(fused: false);
        if (fuse && network.HasFusedEncoder)
        {
            AddEncoders(fused: true);
        }

        AddDecoders(fused: false);
        if (fuse && network.HasFusedDecoder)
        {
            AddDecoders(fused: true);
        }

        return graphs;

        void AddDecoders(bool fused)
        {
            graphs.Add((Entry(GraphStages.Decoder, fused), network.Decoder(fused)));
            graphs.AddRange((draft.DecoderExits?.SkipLast(1) ?? []).Select(exit => (Entry(GraphStages.Decoder, fused, exit), network.Decoder(fused, exit))));
        }

        void AddEncoders(bool fused)
        {
            foreach (var exit in draft.Exits)
            {
                cancellationToken.ThrowIfCancellationRequested();
                graphs.Add((Entry(GraphStages.Encoder, fused, exit), network.Encoder(exit, fused)));
            }

            graphs.Add((Entry(GraphStages.EncoderExits, fused), network.EncoderExits(fused)));
        }
    }

    private static GraphEntry Entry(string stage, bool fused = false, int? exit = null)
    {
        var name = exit is null ? stage : string.Create(CultureInfo.InvariantCulture, $"{stage}-{exit}");
        return fused
            ? new GraphEntry(stage, GraphFlavours.Fused, GraphPrecisions.Fp32, name + ".fused.onnx", exit)
            : new GraphEntry(stage, GraphFlavours.Portable, GraphPrecisions.Fp32, name + ".onnx", exit);
    }

    /// <summary>Deletes every portable graph that a fused one stands beside.</summary>
    private static ModelManifest WithoutReplacedGraphs(ModelManifest manifest, string folder)
    {
        var replaced = manifest.Graphs.Where(graph => graph is { Flavour: GraphFlavours.Portable, Precision: GraphPrecisions.Fp32 }
            && manifest.Graphs.Any(other => other.Flavour == GraphFlavours.Fused && other.Stage == graph.Stage && other.Exit == graph.Exit)).ToList();
        replaced.ForEach(graph => File.Delete(Path.Combine(folder, graph.File)));
        return manifest with { Graphs = [.. manifest.Graphs.Except(replaced)] };
    }

    private static ModelManifest Draft(CompileOptions options, IArchitecture config, EcoM2FConfig extra, IReadOnlyList<ModelClass> classes)
    {
        var name = options.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.OutputFolder)));
        if (!ModelManifest.IsName(name))
        {
            throw new CompileException($"The model's name '{name}' is not allowed; allowed are a-z, 0-9, '.', '_' and '-', first a letter or digit, at most 64.");
        }

        var preprocessing = PreprocessorConfig.Read(options.CheckpointFolder);
        return new ModelManifest
        {
            Schema = ModelManifest.CurrentSchema,
            Name = name,
            Version = options.Version,
            Tasks = Tasks(extra.Postprocessing, classes),
            Licence = extra.Licence,
            Provenance = extra.Provenance,
            Classes = classes,
            Preprocessing = preprocessing,
            Sizes = options.Sizes is { } sizes ? SizeList.Parse(sizes, preprocessing) : null,
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

        var classes = extra.Classes ?? CocoClasses.Match(config.Labels);
        if (classes is null && !config.Postprocessing.MakesBoxes)
        {
            progress?.Report("Warning: nothing says which classes are things and which are stuff; all count as things. "
                + $"Say so in {EcoM2FConfig.FileName} or a categories file.");
        }

        return classes ?? ClassList.FromLabels(config.Labels);
    }
}
