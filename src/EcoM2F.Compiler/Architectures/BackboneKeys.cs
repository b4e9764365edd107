using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Architectures;

/// <summary>
/// Checkpoints on the Hub put a backbone's weights under the same names but at different depths, as the library that saved
/// them wrapped it: <c>encoder.encoder.layers</c>, <c>encoder.model.encoder.layers</c>, <c>encoder.swin.encoder.layers</c>.
/// </summary>
internal static class BackboneKeys
{
    private static readonly string[] Wrappers = ["", ".model", ".swin", ".resnet", "._backbone"];

    /// <param name="checkpoint">Whose keys are searched.</param>
    /// <param name="root">Prefix that all layouts share.</param>
    /// <param name="probes">Keys after the prefix, one of which every such backbone has.</param>
    /// <returns>The prefix under which one of them lies; <paramref name="root"/> where none is, so that the error names the plain layout.</returns>
    public static string Prefix(SafetensorsCheckpoint checkpoint, string root, params ReadOnlySpan<string> probes)
    {
        foreach (var wrapper in Wrappers)
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
