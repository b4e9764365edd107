using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Parity;

/// <summary>The reference's checkpoints, each compiled once and served by the engine's own sessions.</summary>
public sealed class ReferenceModels : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, (ModelFolder Folder, ModelSessions Sessions)> _models = [];

    public static string Expected(string fixture) => Path.Combine(RepositoryPaths.Fixtures, fixture, "expected.safetensors");

    public string Folder(string fixture) => Get(fixture).Folder.Path;

    public VerificationReport Verify(string fixture)
    {
        var (folder, sessions) = Get(fixture);
        return ModelVerifier.Verify(sessions, folder.Manifest, Expected(fixture), ModelVerifier.DefaultTolerance, TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        foreach (var (_, sessions) in _models.Values)
        {
            sessions.Dispose();
        }

        _folder.Dispose();
    }

    private (ModelFolder Folder, ModelSessions Sessions) Get(string fixture)
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
                var folder = ModelFolder.Open(_folder[fixture]);
                _models.Add(fixture, model = (folder, ModelSessions.Open(folder, ExecutionTarget.Cpu)));
            }

            return model;
        }
    }
}
