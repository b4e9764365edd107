using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones;

/// <summary>
/// Checkpoints on the Hub put a backbone's weights under the same names but at different depths, as the library that saved
/// them wrapped it: <c>encoder.encoder.layers</c>, <c>encoder.model.encoder.layers</c>, <c>encoder.swin.encoder.layers</c>.
/// </summary>
internal static class BackboneKeys
{
    /// <param name="checkpoint">Whose names are searched.</param>
    /// <param name="root">Prefix that all layouts share.</param>
    /// <param name="family">What Hugging Face calls a network of this kind inside another: <c>swin</c>.</param>
    /// <param name="probes">Names after the prefix, one of which every such backbone has.</param>
    /// <returns>The prefix under which one of them lies; <paramref name="root"/> where none is, so that the error names the plain layout.</returns>
    public static string Prefix(CheckpointReader checkpoint, string root, string family, params ReadOnlySpan<string> probes)
    {
        foreach (var wrapper in (string[])["", ".model", "." + family, "._backbone"])
        {
            foreach (var probe in probes)
            {
                if (checkpoint.Contains($"{root}{wrapper}.{probe}"))
                {
                    return root + wrapper;
                }
            }
        }

        return root;
    }
}
