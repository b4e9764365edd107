using System.Text.Json;
using EcoM2F.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests.Costs;

/// <summary>Multiply-adds counted from what ONNX Runtime reports to have run: shapes out of its profile, graph unoptimised.</summary>
internal static class ProfiledMultiplyAdds
{
    public static long Count(string folder, string file, Dictionary<string, NamedTensor> inputs)
    {
        using var profiles = new TemporaryFolder();
        string profile;
        using (var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL })
        {
            options.ProfileOutputPathPrefix = profiles["profile"]; // before it is enabled, or it is ignored
            options.EnableProfiling = true;
            using var session = new InferenceSession(Path.Combine(folder, file), options);
            var values = inputs.ToDictionary(i => i.Key, i => i.Value.Integers is { } integers
                ? OrtValue.CreateTensorValueFromMemory(integers, i.Value.Shape)
                : OrtValue.CreateTensorValueFromMemory(i.Value.Floats, i.Value.Shape));
            using (var run = new RunOptions())
            using (session.Run(run, values, session.OutputNames))
            {
            }

            foreach (var value in values.Values)
            {
                value.Dispose();
            }

            profile = session.EndProfiling();
        }

        using var json = JsonDocument.Parse(File.ReadAllBytes(profile));
        return json.RootElement.EnumerateArray().Sum(OfEvent);
    }

    private static long OfEvent(JsonElement entry)
    {
        if (!entry.TryGetProperty("args", out var args) || !args.TryGetProperty("op_name", out var op) || !args.TryGetProperty("output_type_shape", out var outputs))
        {
            return 0;
        }

        var (inputs, output) = (args.GetProperty("input_type_shape"), Dims(outputs[0]).Aggregate(1L, (a, b) => a * b));
        return op.GetString() switch
        {
            "Conv" => output * Dims(inputs[1]).Skip(1).Aggregate(1L, (a, b) => a * b),
            "Gemm" => output * Dims(inputs[0])[1],
            "MatMul" => output * Dims(inputs[0])[^1],
            _ => 0,
        };
    }

    /// <summary>An entry is an object of one property: type name to dimensions.</summary>
    private static long[] Dims(JsonElement tensor) => [.. tensor.EnumerateObject().First().Value.EnumerateArray().Select(d => d.GetInt64())];
}
