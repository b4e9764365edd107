using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests;

/// <summary>The tiny checkpoint, compiled once for all tests that only read it.</summary>
public sealed class TinyModelFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyModelFixture()
    {
        TinyCheckpoint.Write(Checkpoint);
        Manifest = ModelCompiler.Compile(new CompileOptions { CheckpointFolder = Checkpoint, OutputFolder = Model }, null, CancellationToken.None);
        Runner = new ModelRunner(Model);
        Fused = new ModelRunner(Model, fused: true);
    }

    public string Checkpoint => _folder["checkpoint"];

    public string Model => _folder["tiny"];

    public ModelManifest Manifest { get; }

    /// <summary>Portable graphs.</summary>
    internal ModelRunner Runner { get; }

    /// <summary>Fused graphs where there are any.</summary>
    internal ModelRunner Fused { get; }

    public void Dispose()
    {
        Runner.Dispose();
        Fused.Dispose();
        _folder.Dispose();
    }
}
