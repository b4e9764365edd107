using EcoM2F.Compiler;
using EcoM2F.Inference.Models;

namespace EcoM2F.TestSupport;

/// <summary><see cref="TinyCheckpoint"/> as a model folder.</summary>
public static class TinyModel
{
    /// <param name="folder">The model folder to make; its name becomes the model's.</param>
    /// <param name="writeCanary">See <see cref="CompileOptions.WriteCanary"/>; null makes a model without canary.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="exits">Encoder layers.</param>
    /// <param name="gates">Whether it has gates.</param>
    public static ModelManifest CompileTo(
        string folder, Action<string, ModelManifest, CancellationToken>? writeCanary = null, int seed = 1, int exits = 3, bool gates = true)
    {
        var checkpoint = Directory.CreateTempSubdirectory("ecom2f-checkpoint-");
        try
        {
            TinyCheckpoint.Write(checkpoint.FullName, seed, exits, gates);
            var options = new CompileOptions { CheckpointFolder = checkpoint.FullName, OutputFolder = folder, WriteCanary = writeCanary };
            return ModelCompiler.Compile(options, null, CancellationToken.None);
        }
        finally
        {
            checkpoint.Delete(recursive: true);
        }
    }
}
