namespace EcoM2F.Inference.Models;

/// <summary>Which graph of a manifest answers for a stage: the flavour asked for where there is one, else the portable one.</summary>
internal static class GraphSelection
{
    /// <param name="manifest">Keeps the rules of <see cref="ManifestRules"/>.</param>
    /// <param name="flavour">One of <see cref="GraphFlavours"/>.</param>
    /// <param name="allExitsGraph">Also <see cref="GraphStages.EncoderExits"/>.</param>
    /// <returns>fp32 graphs: stem, an encoder for every exit, decoder.</returns>
    /// <exception cref="ModelLoadException">A stage has neither; says which.</exception>
    public static IReadOnlyList<GraphEntry> Select(ModelManifest manifest, string flavour, bool allExitsGraph)
    {
        var selected = new List<GraphEntry> { One(manifest, GraphStages.Stem, null, flavour), One(manifest, GraphStages.Decoder, null, flavour) };
        selected.AddRange(manifest.Exits.Select(exit => One(manifest, GraphStages.Encoder, exit, flavour)));
        if (allExitsGraph)
        {
            selected.Add(One(manifest, GraphStages.EncoderExits, null, flavour));
        }

        return selected;
    }

    private static GraphEntry One(ModelManifest manifest, string stage, int? exit, string flavour)
    {
        return Find(flavour) ?? Find(GraphFlavours.Portable) ?? throw new ModelLoadException(
            $"Model '{manifest.Name}' has no portable graph for stage {stage}{(exit is null ? "" : $", exit {exit}")}; compile it with --flavour both.");

        GraphEntry? Find(string wanted) => manifest.Graphs.FirstOrDefault(graph =>
            graph.Stage == stage && graph.Exit == exit && graph.Flavour == wanted && graph.Precision == GraphPrecisions.Fp32);
    }
}
