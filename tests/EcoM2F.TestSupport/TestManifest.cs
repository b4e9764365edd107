using EcoM2F.Inference.Models;

namespace EcoM2F.TestSupport;

/// <summary>Manifests of models that do not exist.</summary>
public static class TestManifest
{
    /// <summary>Keeps every rule: a model with six exits and four gates.</summary>
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

    /// <summary>Without graphs, for what needs no more than a description: three exits and two gates.</summary>
    /// <param name="tasks">Panoptic, instance and semantic unless given.</param>
    public static ModelManifest CreateSmall(params string[] tasks) => new()
    {
        Schema = ModelManifest.CurrentSchema,
        Name = "paper",
        Version = "7",
        Tasks = tasks.Length > 0 ? tasks : ["panoptic", "instance", "semantic"],
        Licence = "Apache-2.0",
        Classes = [new ModelClass(0, "person", true, "#dc143c"), new ModelClass(1, "sky", false, "#4682b4")],
        Preprocessing = new PreprocessingSettings { ShortestEdge = 384, LongestEdge = 512, Mean = [0, 0, 0], Std = [1, 1, 1] },
        Postprocessing = new PostprocessingSettings("meta", 0.65f, 0.5f, 0.8f),
        Exits = [1, 2, 3],
        Graphs = [],
        Gates = new GateSet("balanced", new Dictionary<string, GateProfile>
        {
            ["balanced"] = new(GateProfile.Classifier, "gate-balanced.onnx", 0.6),
            ["utility"] = new(GateProfile.Utility, "gate-utility.onnx"),
        }),
        Costs = [new ModelCost(384, 512, 2, 0.5, 3)],
        Sha256 = new Dictionary<string, string>(),
    };
}
