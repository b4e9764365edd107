using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace EcoM2F.Inference.Safetensors;

/// <summary>Widening of stored elements. Little-endian hosts only, as everything that runs ONNX Runtime is.</summary>
internal static class TensorConversion
{
    /// <returns>Null for types that are no floats.</returns>
    public static float[]? ToFloats(ReadOnlySpan<byte> bytes, TensorType type)
    {
        switch (type)
        {
            case TensorType.F32:
                return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
            case TensorType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                var widened = new float[halves.Length];
                TensorPrimitives.ConvertToSingle(halves, widened);
                return widened;
            case TensorType.BF16:
                var shorts = MemoryMarshal.Cast<byte, ushort>(bytes);
                var floats = new float[shorts.Length];
                for (var i = 0; i < floats.Length; i++)
                {
                    floats[i] = BitConverter.UInt32BitsToSingle((uint)shorts[i] << 16); // bf16 is the upper half of fp32
                }

                return floats;
            default:
                return null;
        }
    }
}
