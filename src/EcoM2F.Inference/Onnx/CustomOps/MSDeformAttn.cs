using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>
/// <c>ecom2f::MSDeformAttn</c> as ONNX Runtime sees it: the operator's signature, and callbacks that let no exception out.
/// </summary>
/// <remarks>
/// Attributes: heads, levels, points. Inputs: values float [.., d], B*N rows; projected float [.., 3 * heads * levels * points]
/// (offsets in pixels, then attention logits), B*Q rows; spatial_shapes int64 [levels, 2] (height, width; they make N);
/// optional reference_points float [B, Q, levels, 2] (x, y from 0 to 1), without which Q is N and a query looks from the middle
/// of its own cell. Output: float, the rows of projected with d columns.
/// </remarks>
internal static unsafe class MSDeformAttn
{
    private const int Float = 1; // ONNXTensorElementDataType
    private const int Int64 = 7;
    private const int Inputs = 4;
    private const int Shapes = 2;
    private const int References = 3;
    private const int Optional = 1; // OrtCustomOpInputOutputCharacteristic

    private static readonly nint Name = AllocateText("MSDeformAttn");

    /// <returns>Memory that is never freed.</returns>
    public static OrtCustomOp* Create()
    {
        var op = (OrtCustomOp*)NativeMemory.AllocZeroed((nuint)sizeof(OrtCustomOp));
        op->Version = OrtApi.Version;
        op->GetName = &GetName;
        op->GetExecutionProviderType = &GetExecutionProviderType;
        op->GetInputType = &GetInputType;
        op->GetInputTypeCount = &GetInputTypeCount;
        op->GetOutputType = &GetOutputType;
        op->GetOutputTypeCount = &GetOne;
        op->GetInputCharacteristic = &GetInputCharacteristic;
        op->GetOutputCharacteristic = &GetZero;
        op->GetInputMemoryType = &GetZero; // where the provider computes
        op->GetVariadicInputMinArity = &GetOneInt;
        op->GetVariadicInputHomogeneity = &GetOneInt;
        op->GetVariadicOutputMinArity = &GetOneInt;
        op->GetVariadicOutputHomogeneity = &GetOneInt;
        op->GetStartVersion = &GetOneInt;
        op->GetEndVersion = &GetOneInt;
        op->CreateKernelV2 = &CreateKernel;
        op->KernelComputeV2 = &Compute;
        op->KernelDestroy = &Destroy;
        return op;
    }

    private static nint AllocateText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + '\0');
        var memory = (nint)NativeMemory.Alloc((nuint)bytes.Length);
        Marshal.Copy(bytes, 0, memory, bytes.Length);
        return memory;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint CreateKernel(OrtCustomOp* op, nint api, nint info, void** kernel)
    {
        try
        {
            var size = SamplingSize.Read(info);
            *kernel = NativeMemory.Alloc((nuint)sizeof(SamplingSize));
            *(SamplingSize*)*kernel = size;
            return 0;
        }
        catch (Exception exception)
        {
            *kernel = null;
            return OrtStatus.From(exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Compute(void* kernel, nint context)
    {
        try
        {
            SamplingCall.Run(*(SamplingSize*)kernel, new KernelContext(context));
            return 0;
        }
        catch (Exception exception)
        {
            return OrtStatus.From(exception);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Destroy(void* kernel) => NativeMemory.Free(kernel);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetName(OrtCustomOp* op) => (byte*)Name;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetExecutionProviderType(OrtCustomOp* op) => null; // the CPU

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputType(OrtCustomOp* op, nuint index) => index == Shapes ? Int64 : Float;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GetInputTypeCount(OrtCustomOp* op) => Inputs;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetOutputType(OrtCustomOp* op, nuint index) => Float;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputCharacteristic(OrtCustomOp* op, nuint index) => index == References ? Optional : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetZero(OrtCustomOp* op, nuint index) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GetOne(OrtCustomOp* op) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetOneInt(OrtCustomOp* op) => 1;
}
