using System.Text.Json;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>Reads ONNX Runtime's profile of a session: one trace event per node and run.</summary>
internal static class ProfileReader
{
    private const string KernelSuffix = "_kernel_time";

    private static readonly HashSet<string> Products = ["MatMul", "Gemm", "FusedMatMul", "FusedGemm"];

    /// <param name="runs">The last so many runs count; those before are warm-up.</param>
    public static IReadOnlyList<ProfiledNode> Read(string path, string stage, int runs)
    {
        using var stream = File.OpenRead(path);
        using var document = JsonDocument.Parse(stream);
        return [.. document.RootElement.EnumerateArray()
            .Where(static item => item.GetProperty("name").GetString()!.EndsWith(KernelSuffix, StringComparison.Ordinal) && item.GetProperty("args").TryGetProperty("op_name", out _))
            .GroupBy(static item => item.GetProperty("name").GetString()!)
            .Select(node => Node(stage, [.. node], runs))];
    }

    private static ProfiledNode Node(string stage, JsonElement[] events, int runs)
    {
        var args = events[^1].GetProperty("args");
        var operation = args.GetProperty("op_name").GetString()!;
        var milliseconds = events.TakeLast(runs).Select(static item => item.GetProperty("dur").GetDouble() / 1e3);
        return new ProfiledNode(
            stage, operation, TimeSpread.Of(milliseconds).Median,
            Products.Contains(operation) ? Product(Shapes(args, "input_type_shape"), Shapes(args, "output_type_shape")) : null);
    }

    /// <summary>A constant right side takes all rows at once; otherwise each matrix of the batch has its own.</summary>
    private static ProductShape? Product(long[][] inputs, long[][] outputs)
    {
        if (inputs is not [var left, ..] || outputs is not [{ Length: >= 2 } output, ..] || Elements(output) == 0)
        {
            return null;
        }

        var varies = inputs is [_, { Length: > 2 }, ..]; // weights that the runtime has repacked are not even listed
        var columns = output[^1];
        var allRows = Elements(output) / columns;
        var inner = Elements(left) / allRows;
        var rows = varies ? output[^2] : allRows;
        return new ProductShape(allRows / rows, rows, inner, columns);
    }

    private static long[][] Shapes(JsonElement args, string name) => args.TryGetProperty(name, out var shapes) && shapes.ValueKind == JsonValueKind.Array
        ? [.. shapes.EnumerateArray().Select(static typed => typed.EnumerateObject().First().Value.EnumerateArray().Select(static size => size.GetInt64()).ToArray())]
        : [];

    private static long Elements(long[] shape) => shape.Aggregate(1L, static (product, size) => product * size);
}
