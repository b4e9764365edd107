using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    private const int Shapes = 2;
    private const int References = 3;

    private static readonly nint Name = CommonCallbacks.AllocateText(nameof(MSDeformAttn));

    /// <returns>Memory that is never freed.</returns>
    public static OrtCustomOp* Create()
    {
        var op = CommonCallbacks.Allocate();
        op->GetName = &GetName;
        op->GetInputType = &GetInputType;
        op->GetInputCharacteristic = &GetInputCharacteristic;
        op->CreateKernelV2 = &CreateKernel;
        op->KernelComputeV2 = &Compute;
        return op;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint CreateKernel(OrtCustomOp* op, nint api, nint info, void** kernel) => CommonCallbacks.CreateKernel(kernel, new KernelInfo(info), SamplingSize.Read);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Compute(void* kernel, nint context) => CommonCallbacks.Compute<SamplingSize>(kernel, new KernelContext(context, nameof(MSDeformAttn)), SamplingCall.Run);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetName(OrtCustomOp* op) => (byte*)Name;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputType(OrtCustomOp* op, nuint index) => index == Shapes ? CommonCallbacks.Int64 : CommonCallbacks.Float;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputCharacteristic(OrtCustomOp* op, nuint index) => index == References ? CommonCallbacks.Optional : 0;
}
