using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;

namespace EcoM2F.TestSupport;

/// <summary><see cref="TinyCheckpoint"/> as a model folder, canary included.</summary>
public static class TinyModel
{
    /// <param name="folder">The model folder to make; its name becomes the model's.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="exits">Encoder layers.</param>
    /// <param name="gates">Whether it has gates.</param>
    /// <param name="decoderExits">As the command line has them; the whole decoder has three layers.</param>
    public static ModelManifest CompileTo(string folder, int seed = 1, int exits = 3, bool gates = true, string? decoderExits = null)
    {
        OrtRuntime.Initialize(0);
        var checkpoint = Directory.CreateTempSubdirectory("ecom2f-checkpoint-");
        try
        {
            TinyCheckpoint.Write(checkpoint.FullName, seed, exits, gates);
            var options = new CompileOptions { CheckpointFolder = checkpoint.FullName, OutputFolder = folder, DecoderExits = decoderExits, WriteCanary = CanaryWriter.WriteInto };
            return ModelCompiler.Compile(options, null, CancellationToken.None);
        }
        finally
        {
            checkpoint.Delete(recursive: true);
        }
    }
}
