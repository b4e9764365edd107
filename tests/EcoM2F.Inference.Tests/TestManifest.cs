using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Tests;

/// <summary>A manifest that keeps every rule, of a model with six exits and four gates; no files behind it.</summary>
internal static class TestManifest
{
    public static ModelManifest Create()
    {
        var graphs = Enumerable.Range(1, 6).Select(static exit => new GraphEntry("encoder", "portable", "fp32", $"encoder-{exit}.onnx", exit))
            .Append(new GraphEntry("stem", "portable", "fp32", "stem.onnx"))
            .Append(new GraphEntry("encoder-exits", "portable", "fp32", "encoder-exits.onnx"))
            .Append(new GraphEntry("decoder", "portable", "fp32", "decoder.onnx"))
            .ToArray();
        string[] profiles = ["fast", "balanced", "best"];
        var gates = profiles.ToDictionary(static name => name, static name => new GateProfile(GateProfile.Classifier, $"gate-{name}.onnx", 0.3));
        gates.Add("utility", new GateProfile(GateProfile.Utility, "gate-utility.onnx"));
        var files = graphs.Select(static graph => graph.File).Concat(gates.Values.Select(static gate => gate.File)).Append("weights.bin").Append("canary.safetensors");
        return new ModelManifest
        {
            Schema = 1,
            Name = "test",
            Version = "1",
            Tasks = ["panoptic"],
            Classes = [new ModelClass(0, "person", true, "#dc143c")],
            Preprocessing = new PreprocessingSettings { ShortestEdge = 320, LongestEdge = 448, Mean = [0.5f, 0.5f, 0.5f], Std = [0.5f, 0.5f, 0.5f] },
            Postprocessing = new PostprocessingSettings("meta", 0.5f, 0.5f, 0.8f),
            Exits = [1, 2, 3, 4, 5, 6],
            Graphs = graphs,
            Gates = new GateSet("balanced", gates),
            Costs = [new ModelCost(320, 448, 1, 1, 1)],
            Sha256 = files.ToDictionary(static file => file, static _ => new string('0', 64)),
        };
    }
}
