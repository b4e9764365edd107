using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EcoM2F.Inference.Onnx;

/// <summary>Puts the tensors of several images into one and takes them apart again, along the first axis. Always copies, on the host.</summary>
internal static class TensorBatch
{
    /// <param name="tensors">Of the same type and shape [1, ...].</param>
    /// <returns>[count, ...]; the caller disposes.</returns>
    public static OrtValue Join(IReadOnlyList<OrtValue> tensors)
    {
        var info = tensors[0].GetTensorTypeAndShape();
        var joined = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, info.ElementDataType, [tensors.Count, .. info.Shape[1..]]);
        try
        {
            var target = joined.GetTensorMutableRawData();
            var part = target.Length / tensors.Count;
            for (var i = 0; i < tensors.Count; i++)
            {
                using var host = OnHost(tensors[i]);
                (host ?? tensors[i]).GetTensorMutableRawData().CopyTo(target.Slice(i * part, part));
            }

            return joined;
        }
        catch
        {
            joined.Dispose();
            throw;
        }
    }

    /// <param name="tensor">[count, ...].</param>
    /// <returns>[1, ...] each; the caller disposes them, and <paramref name="tensor"/>.</returns>
    public static OrtValue[] Split(OrtValue tensor, int count)
    {
        using var host = OnHost(tensor);
        var info = tensor.GetTensorTypeAndShape();
        var source = (host ?? tensor).GetTensorMutableRawData();
        var part = source.Length / count;
        var parts = new OrtValue[count];
        for (var i = 0; i < count; i++)
        {
            parts[i] = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, info.ElementDataType, [1, .. info.Shape[1..]]);
            source.Slice(i * part, part).CopyTo(parts[i].GetTensorMutableRawData());
        }

        return parts;
    }

    /// <summary>A copy of the whole tensor; the caller disposes.</summary>
    public static OrtValue Clone(OrtValue tensor)
    {
        using var host = OnHost(tensor);
        var info = tensor.GetTensorTypeAndShape();
        var clone = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, info.ElementDataType, info.Shape);
        (host ?? tensor).GetTensorMutableRawData().CopyTo(clone.GetTensorMutableRawData());
        return clone;
    }

    /// <summary>Bytes of a tensor's elements.</summary>
    public static long Bytes(OrtValue tensor)
    {
        var info = tensor.GetTensorTypeAndShape();
        var size = info.ElementDataType switch
        {
            TensorElementType.Float or TensorElementType.Int32 => sizeof(float),
            TensorElementType.Float16 or TensorElementType.BFloat16 => sizeof(short),
            TensorElementType.Int8 or TensorElementType.UInt8 or TensorElementType.Bool => 1,
            _ => sizeof(long),
        };
        return info.ElementCount * size;
    }

    /// <returns>Null where the tensor lies on the host already.</returns>
    private static OrtValue? OnHost(OrtValue tensor)
    {
        using var memory = tensor.GetTensorMemoryInfo();
        if (memory.Name == "Cpu")
        {
            return null;
        }

        var info = tensor.GetTensorTypeAndShape();
        var host = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, info.ElementDataType, info.Shape);
        OrtEnv.Instance().CopyTensors([tensor], [host], null);
        return host;
    }
}
