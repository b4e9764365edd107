using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Parity;

/// <summary>The reference's checkpoints, each compiled once; verified with the engine's own sessions.</summary>
public sealed class ReferenceModels : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, ModelFolder> _models = [];

    public static string Expected(string fixture) => Path.Combine(RepositoryPaths.Fixtures, fixture, "expected.safetensors");

    public string Folder(string fixture) => Get(fixture).Path;

    public VerificationReport Verify(string fixture, string flavour)
    {
        var folder = Get(fixture);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, flavour: flavour);
        return ModelVerifier.Verify(sessions, folder.Manifest, Expected(fixture), ModelVerifier.DefaultTolerance, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _folder.Dispose();

    private ModelFolder Get(string fixture)
    {
        lock (_models)
        {
            if (!_models.TryGetValue(fixture, out var model))
            {
                var options = new CompileOptions
                {
                    CheckpointFolder = Path.Combine(RepositoryPaths.Fixtures, fixture),
                    OutputFolder = _folder[fixture],
                    WriteCanary = CanaryWriter.WriteInto,
                };
                ModelCompiler.Compile(options, null, CancellationToken.None);
                _models.Add(fixture, model = ModelFolder.Open(_folder[fixture]));
            }

            return model;
        }
    }
}
