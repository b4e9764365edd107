using EcoM2F.Inference.Models;

namespace EcoM2F.Serving.Tests;

/// <summary>A description of a model that does not exist, for what needs no more.</summary>
internal static class TestManifest
{
    public static ModelManifest Create(params string[] tasks) => new()
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
