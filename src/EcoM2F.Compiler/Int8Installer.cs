using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Quantization;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;

namespace EcoM2F.Compiler;

/// <summary>
/// Puts int8 graphs into a finished model folder, in place of those that it has. Their weights, their graphs and the manifest are written; see
/// <see cref="ModelFolderChange"/> for what a reader finds meanwhile.
/// </summary>
public sealed class Int8Installer
{
    /// <summary>Of what was measured here, so that another machine's rounding passes and a wrong kernel does not.</summary>
    private const double Margin = 2;

    /// <summary>Of mask signs and classes that must be equal: fp32 itself is given no more.</summary>
    private const double MostShare = 0.99;

    private readonly ModelFolderChange _change;
    private readonly Int8Draft _draft;
    private readonly CancellationToken _cancellationToken;

    private Int8Installer(ModelFolderChange change, Int8Draft draft, CancellationToken cancellationToken) =>
        (_change, _draft, _cancellationToken) = (change, draft, cancellationToken);

    /// <summary>
    /// 1. Take the folder's lock and read its manifest. 2. Write the weights. 3. Write the graphs. 4. Measure the canary's differences, and make
    /// tolerances of them. 5. Replace the manifest. 6. Remove what the manifest before last named.
    /// </summary>
    /// <param name="draft">Calibrated, of the same model.</param>
    /// <param name="layers">What is on 8 bits: at least one.</param>
    /// <param name="output">A folder that does not exist, for a changed copy; null: the model is changed in place.</param>
    /// <param name="measured">For people: goes into the manifest.</param>
    /// <returns>The manifest that was written.</returns>
    /// <exception cref="CompileException">The model changed meanwhile, or is being changed by another command, or the output exists.</exception>
    public static ModelManifest Install(Int8Draft draft, IReadOnlyCollection<QuantizableLayer> layers, string? output, JsonObject measured, CancellationToken cancellationToken)
    {
        if (output is null)
        {
            return Run(draft.Source.Path);
        }

        using var copy = new ModelFolderCopy(draft.Source.Path, output);
        copy.CopyFiles(cancellationToken);
        var manifest = Run(copy.Folder);
        copy.Commit(manifest);
        return manifest;

        ModelManifest Run(string folder)
        {
            // 1. the manifest
            using var change = new ModelFolderChange(folder);
            return new Int8Installer(change, draft, cancellationToken).Run(layers, measured);
        }
    }

    /// <summary>First part of a graph's file name.</summary>
    internal static string StemOf(GraphEntry entry) => entry.Exit is { } exit ? string.Create(CultureInfo.InvariantCulture, $"{entry.Stage}-{exit}") : entry.Stage;

    /// <summary>The rest of it.</summary>
    internal static string ExtensionOf(GraphEntry entry) => (entry.Flavour == GraphFlavours.Fused ? ".fused" : "") + $".{GraphPrecisions.EightBits}.onnx";

    private ModelManifest Run(IReadOnlyCollection<QuantizableLayer> layers, JsonObject measured)
    {
        var before = MadePrecisions.RemoveFrom(_change.Folder.Manifest);
        RequireSame(before);
        var hashes = new SortedDictionary<string, string>(before.Sha256.ToDictionary(), StringComparer.Ordinal);

        // 2. weights
        var weights = new WeightStore();
        var graphs = _draft.Graphs.Convert(layers, weights);
        var temporary = _change.Temporary();
        weights.WriteFile(temporary);
        var (weightsFile, weightsHash) = _change.Add(temporary, GraphPrecisions.EightBits, ".bin");
        hashes[weightsFile] = weightsHash;

        // 3. graphs
        var entries = new List<GraphEntry>();
        foreach (var (entry, graph) in graphs)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            temporary = _change.Temporary();
            GraphFile.Write(graph, weights, temporary, weightsFile);
            var (name, hash) = _change.Add(temporary, StemOf(entry), ExtensionOf(entry));
            hashes[name] = hash;
            entries.Add(entry with { File = name });
        }

        // 4. tolerances
        var after = before with { Graphs = [.. before.Graphs, .. entries], Sha256 = hashes };
        after = WithTolerance(after, new PrecisionRecord(weightsFile, new PrecisionTolerance(0, new Dictionary<string, double>()), measured));

        // 5. the manifest
        _cancellationToken.ThrowIfCancellationRequested();
        _change.Commit(after);

        // 6. old files
        _change.RemoveUnnamed(after, MadePrecisions.IsFile);
        return after;
    }

    private void RequireSame(ModelManifest model)
    {
        var draft = MadePrecisions.RemoveFrom(_draft.Source.Manifest);
        if (!model.Graphs.SequenceEqual(draft.Graphs) || draft.Graphs.Any(graph => model.Sha256[graph.File] != draft.Sha256[graph.File]) || model.Sha256[model.Weights] != draft.Sha256[draft.Weights])
        {
            throw new CompileException($"{_change.Folder.Path} was changed while its int8 graphs were made; run the command again.");
        }
    }

    private ModelManifest WithTolerance(ModelManifest model, PrecisionRecord record)
    {
        var open = With(model, record);
        var folder = ModelFolder.Of(_change.Folder.Path, open);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, precision: GraphPrecisions.EightBits);
        var report = ModelVerifier.VerifyCanary(sessions, folder, double.MaxValue, _cancellationToken);
        if (report.MaxAbs.Count == 0 || !report.MaxAbs.Values.All(double.IsFinite))
        {
            throw new CompileException($"The int8 graphs do not compute what the canary holds: {string.Join(" ", report.Failures.Take(3))}");
        }

        var tensors = report.MaxAbs.Where(entry => !report.Shares.ContainsKey(entry.Key)).ToDictionary(
            static entry => entry.Key[(entry.Key.IndexOf('.', StringComparison.Ordinal) + 1)..],
            static entry => Math.Max(ModelVerifier.DefaultTolerance, Digits(Margin * entry.Value)));
        var share = report.Shares.Count == 0 ? 1 : Math.Max(0, 1 - (Margin * (1 - report.Shares.Values.Min())));
        return With(model, record with { Tolerance = new PrecisionTolerance(Math.Min(MostShare, Math.Round(share, 3)), tensors) });
    }

    private static ModelManifest With(ModelManifest model, PrecisionRecord record) =>
        model with { Precisions = new Dictionary<string, PrecisionRecord> { [GraphPrecisions.EightBits] = record } };

    /// <summary>Three significant digits, up.</summary>
    private static double Digits(double value)
    {
        if (value == 0)
        {
            return 0;
        }

        var unit = Math.Pow(10, Math.Floor(Math.Log10(value)) - 2);
        return Math.Round(Math.Ceiling(value / unit) * unit, 9);
    }
}
