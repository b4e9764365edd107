using System.Text.Json;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// Reads ONNX Runtime's profile of a run for nodes that ran on another provider than the one asked for. Shape arithmetic
/// (small integer tensors) is kept on the host by the runtime on purpose and is no fault.
/// </summary>
internal static class NodePlacement
{
    /// <summary>Elements of an integer tensor up to which it counts as a shape.</summary>
    private const int ShapeElements = 64;

    /// <param name="profile">Profile JSON: an array of trace events.</param>
    /// <param name="wanted">ONNX Runtime's provider name.</param>
    /// <returns>"operator (node)" for each node elsewhere.</returns>
    public static IReadOnlyList<string> FindElsewhere(Stream profile, string wanted)
    {
        using var document = JsonDocument.Parse(profile);
        var elsewhere = new List<string>();
        foreach (var item in document.RootElement.EnumerateArray())
        {
            if (!item.TryGetProperty("args", out var args)
                || !args.TryGetProperty("provider", out var provider)
                || !args.TryGetProperty("op_name", out var operation)
                || provider.GetString() is not { Length: > 0 } actual
                || actual == wanted
                || IsShapeArithmetic(args))
            {
                continue;
            }

            var name = item.GetProperty("name").GetString()!.Replace("_kernel_time", "", StringComparison.Ordinal);
            var entry = $"{operation.GetString()} ({name})";
            if (!elsewhere.Contains(entry))
            {
                elsewhere.Add(entry);
            }
        }

        return elsewhere;
    }

    private static bool IsShapeArithmetic(JsonElement args)
    {
        if (!args.TryGetProperty("output_type_shape", out var outputs) || outputs.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var output in outputs.EnumerateArray())
        {
            foreach (var typed in output.EnumerateObject())
            {
                var elements = 1L;
                foreach (var dimension in typed.Value.EnumerateArray())
                {
                    elements *= dimension.GetInt64();
                }

                if (typed.Name is not ("int64" or "int32" or "bool") || elements > ShapeElements)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
