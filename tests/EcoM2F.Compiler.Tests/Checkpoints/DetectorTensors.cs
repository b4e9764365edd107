using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Checkpoints;

/// <summary>The tensors of a detector, which have nothing to say about the classes of any other network.</summary>
internal static class DetectorTensors
{
    public static CheckpointReader Reader { get; } = new(SafetensorsCheckpoint.Open(DetectorCheckpoint.FolderOf(DetectorCheckpoint.DeformableDetr)));
}
