using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Verification;

/// <summary>A detector's canary: logits and boxes are held to the tolerance, for nothing in it can flip.</summary>
public sealed class DetectorVerifierTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-verify").FullName;

    private string Model => Path.Combine(_folder, "detector");

    private string Canary => Path.Combine(Model, "canary.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(DetectorCheckpoint.Detr)]
    [InlineData(DetectorCheckpoint.DeformableDetr)]
    public void VerifyCanary_FreshModel_PassesForEveryTensor(string fixture)
    {
        TinyDetector.CompileTo(Model, fixture);

        var report = Verify();

        Assert.True(report.Passed, string.Join(" ", report.Failures));
        Assert.Empty(report.Skipped);
        Assert.Equal(1 + 3 + (3 * TinyDetector.Exits), report.MaxAbs.Count); // pooled, gates, and three of each exit
        Assert.All(["case0.exit.1.logits", "case0.exit.4.pred_boxes", "case0.gate.utility"], name => Assert.Contains(name, report.MaxAbs.Keys));
    }

    [Theory]
    [InlineData("case0.exit.2.logits")]
    [InlineData("case0.exit.4.pred_boxes")]
    public void VerifyCanary_OneChangedValue_FailsAndNamesTensor(string name)
    {
        TinyDetector.CompileTo(Model, DetectorCheckpoint.Detr);
        var changed = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(Canary))
        {
            foreach (var tensor in file.Tensors)
            {
                var values = file.Floats(tensor.Name);
                values[0] += tensor.Name == name ? 0.01f : 0;
                changed.Add(tensor.Name, values, [.. tensor.Shape]);
            }
        }

        changed.Write(Canary);

        Assert.StartsWith(name + " differs", Assert.Single(Verify().Failures), StringComparison.Ordinal);
    }

    private VerificationReport Verify()
    {
        var folder = ModelFolder.Open(Model);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu);
        return ModelVerifier.VerifyCanary(sessions, folder, ModelVerifier.DefaultTolerance, TestContext.Current.CancellationToken);
    }
}
