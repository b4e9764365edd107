using EcoM2F.Compiler.Adapters;
using EcoM2F.Inference.Models;
using Google.Protobuf;

namespace EcoM2F.Compiler;

/// <summary>A graph of one adapter and nothing else, to measure what it costs on a machine.</summary>
public static class ExitAdapterGraph
{
    /// <returns>An ONNX file: tokens [B, N, d] and, of several levels, spatial_shapes int64 [levels, 2] to encoder [B, N, d].</returns>
    public static byte[] Build(ExitAdapter adapter) => AdapterGraph.BuildAlone(adapter).ToByteArray();
}
