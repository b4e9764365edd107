using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary><c>ecom2f::AddLayerNorm</c> as ONNX Runtime sees it: LayerNormalization over the last dimension of a sum.</summary>
/// <remarks>
/// Attribute: epsilon. Inputs: x float [.., d]; residual of the same shape, which may be left out; scale [d]; shift [d]. Output: the shape of x.
/// ONNX Runtime's own LayerNormalization is not vectorised on the CPU and takes as long as a matrix product.
/// </remarks>
internal static unsafe class AddLayerNorm
{
    /// <summary>Rows that a thread takes at once.</summary>
    private const int BlockRows = 64;

    private const nuint Residual = 1;

    private static readonly nint Name = CommonCallbacks.AllocateText(nameof(AddLayerNorm));

    /// <returns>Memory that is never freed.</returns>
    public static OrtCustomOp* Create()
    {
        var op = CommonCallbacks.Allocate();
        op->GetName = &GetName;
        op->GetInputCharacteristic = &GetInputCharacteristic;
        op->CreateKernelV2 = &CreateKernel;
        op->KernelComputeV2 = &Compute;
        return op;
    }

    /// <exception cref="ArgumentException">A tensor's shape does not fit; names the input.</exception>
    private static void Run(in float epsilon, KernelContext context)
    {
        var (x, residual) = (context.Required(0, "x"), context.Input((int)Residual));
        var (scale, shift) = (context.Required(2, "scale"), context.Required(3, "shift"));
        var channels = x.Rank > 0 ? x.Shape[^1] : 0;
        context.Require(channels is > 0 and <= int.MaxValue, "x", x.Shape, "[.., d]");
        if (residual is { } added)
        {
            context.Require(added.Shape.SequenceEqual(x.Shape), "residual", added.Shape, $"[{string.Join(", ", x.Shape.ToArray())}]");
        }

        context.Require(scale.Rank == 1 && scale.Shape[0] == channels, "scale", scale.Shape, $"[{channels}]");
        context.Require(shift.Rank == 1 && shift.Shape[0] == channels, "shift", shift.Shape, $"[{channels}]");
        var job = new AddLayerNormJob
        {
            X = (float*)x.Data,
            Residual = residual is { } tensor ? (float*)tensor.Data : null,
            Scale = (float*)scale.Data,
            Shift = (float*)shift.Data,
            Output = (float*)context.Output(0, x.Shape),
            Epsilon = epsilon,
            Channels = (int)channels,
            Rows = x.Elements / channels,
            Width = VectorWidths.Dividing((int)channels, VectorWidths.Widest),
        };
        context.ParallelFor(&RunBlock, (job.Rows + BlockRows - 1) / BlockRows, &job);
    }

    /// <summary>Nothing in it can throw: it reads and writes what <see cref="Run"/> has checked.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunBlock(void* state, nuint block)
    {
        ref readonly var job = ref *(AddLayerNormJob*)state;
        var first = (long)block * BlockRows;
        AddLayerNormKernel.Run(job, first, Math.Min(first + BlockRows, job.Rows));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint CreateKernel(OrtCustomOp* op, nint api, nint info, void** kernel) => CommonCallbacks.CreateKernel(kernel, new KernelInfo(info), static info => info.Float("epsilon"u8));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Compute(void* kernel, nint context) => CommonCallbacks.Compute<float>(kernel, new KernelContext(context, nameof(AddLayerNorm)), Run);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetName(OrtCustomOp* op) => (byte*)Name;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputCharacteristic(OrtCustomOp* op, nuint index) => index == Residual ? CommonCallbacks.Optional : 0;
}
