using System.Text.Json.Nodes;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;

namespace EcoM2F.TestSupport;

/// <summary>A detector of random weights as a model folder, canary included: four exits, five classes, small inputs, and the gates fast, balanced and utility.</summary>
public static class TinyDetector
{
    public const int Exits = 4;
    public const int Queries = 10;

    /// <summary>Labels 1 and 3 have no name, as some of COCO's have none; the classes are called LABEL_1 and LABEL_3.</summary>
    public static IReadOnlyList<string> Classes { get; } = ["person", "LABEL_1", "dog", "LABEL_3", "kite"];

    private const int Width = 32;

    /// <param name="folder">The model folder to make; its name becomes the model's.</param>
    /// <param name="fixture">Of <see cref="DetectorCheckpoint"/>.</param>
    public static ModelManifest CompileTo(string folder, string fixture = DetectorCheckpoint.DeformableDetr)
    {
        OrtRuntime.Initialize(0);
        var checkpoint = Directory.CreateTempSubdirectory("ecom2f-detector-");
        try
        {
            WriteCheckpoint(checkpoint.FullName, fixture);
            var options = new CompileOptions { CheckpointFolder = checkpoint.FullName, OutputFolder = folder, WriteCanary = CanaryWriter.WriteInto };
            return ModelCompiler.Compile(options, null, CancellationToken.None);
        }
        finally
        {
            checkpoint.Delete(recursive: true);
        }
    }

    public static void WriteCheckpoint(string folder, string fixture)
    {
        var checkpoint = DetectorCheckpoint.Load(fixture);
        checkpoint.Config["id2label"] = new JsonObject { ["4"] = "kite", ["0"] = "person", ["2"] = "dog" };
        checkpoint.Write(folder);
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), """{"image_processor_type": "DetrImageProcessor", "size": {"shortest_edge": 96, "longest_edge": 160}}""");
        File.WriteAllText(Path.Combine(folder, "ecom2f.json"), """
            {
              "licence": "Apache-2.0",
              "gates": {
                "default": "balanced",
                "profiles": { "fast": {"kind": "classifier", "beta": 1}, "balanced": {"kind": "classifier", "beta": 0.3}, "utility": {"kind": "utility"} }
              }
            }
            """);
        var tensors = new RandomTensors(new Random(1));
        foreach (var profile in new[] { "fast", "balanced", "utility" })
        {
            tensors.Uniform($"gate.{profile}.weight", 1f, Exits, Width);
            tensors.Uniform($"gate.{profile}.bias", 0.1f, Exits);
        }

        tensors.Writer.Write(Path.Combine(folder, "gates.safetensors"));
    }
}
