namespace EcoM2F.Inference.Models;

/// <summary>Which graph of a manifest answers for a stage: the flavour and precision asked for where there is one, else the portable one.</summary>
internal static class GraphSelection
{
    /// <param name="manifest">Keeps the rules of <see cref="ManifestRules"/>.</param>
    /// <param name="flavour">One of <see cref="GraphFlavours"/>.</param>
    /// <param name="allExitsGraph">Also <see cref="GraphStages.EncoderExits"/>.</param>
    /// <param name="precision">One of <see cref="GraphPrecisions"/>.</param>
    /// <returns>Graphs of that precision: stem, an encoder for every exit, a decoder, and one for every decoder exit below the whole.</returns>
    /// <exception cref="ModelLoadException">A stage has neither; says which.</exception>
    public static IReadOnlyList<GraphEntry> Select(ModelManifest manifest, string flavour, bool allExitsGraph, string precision = GraphPrecisions.Fp32)
    {
        if (manifest.Graphs.All(graph => graph.Precision != precision))
        {
            throw new ModelLoadException(
                $"Model '{manifest.Name}' has no {precision} graphs; it has {string.Join(", ", manifest.RunnablePrecisions)}. "
                + $"{(precision == GraphPrecisions.EightBits ? "'ecom2f quantize' makes them" : $"'ecom2f compile --precision {precision}' makes them")}.");
        }

        var selected = new List<GraphEntry> { One(GraphStages.Stem, null), One(GraphStages.Decoder, null) };
        selected.AddRange(manifest.Exits.Select(exit => One(GraphStages.Encoder, exit)));
        selected.AddRange((manifest.DecoderExits?.SkipLast(1) ?? []).Select(exit => One(GraphStages.Decoder, exit)));
        if (allExitsGraph)
        {
            selected.Add(One(GraphStages.EncoderExits, null));
        }

        return selected;

        GraphEntry One(string stage, int? exit) => Any(stage, exit, precision) ?? (IsMade(precision) ? Any(stage, exit, GraphPrecisions.Fp32) : null)
            ?? throw new ModelLoadException(
                $"Model '{manifest.Name}' has no portable{(precision == GraphPrecisions.Fp32 ? "" : $" {precision}")} graph for stage {stage}{(exit is null ? "" : $", exit {exit}")}; "
                + $"{(precision == GraphPrecisions.EightBits ? "make it with 'ecom2f quantize'" : $"compile it with {(precision == GraphPrecisions.Fp32 ? "--flavour both" : $"--precision {precision}")}")}.");

        // A precision that was made by measurement has graphs only of the stages that gain.
        bool IsMade(string wanted) => wanted != GraphPrecisions.Fp32 && manifest.Precisions?.ContainsKey(wanted) == true;

        GraphEntry? Any(string stage, int? exit, string of) => Find(stage, exit, flavour, of) ?? Find(stage, exit, GraphFlavours.Portable, of);

        GraphEntry? Find(string stage, int? exit, string wanted, string of) => manifest.Graphs.FirstOrDefault(graph =>
            graph.Stage == stage && graph.Exit == exit && graph.Flavour == wanted && graph.Precision == of);
    }

    /// <summary>fp16 on a GPU, where the model has it for every stage; else fp32.</summary>
    public static string FastestPrecision(ModelManifest manifest, bool gpu) => gpu && GraphStages.Required.All(stage =>
        manifest.Graphs.Any(graph => graph.Stage == stage && graph is { Flavour: GraphFlavours.Portable, Precision: GraphPrecisions.Fp16 }))
        ? GraphPrecisions.Fp16
        : GraphPrecisions.Fp32;
}
