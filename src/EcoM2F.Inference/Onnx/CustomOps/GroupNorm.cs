using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary><c>ecom2f::GroupNorm</c> as ONNX Runtime sees it: group normalisation of maps, and what follows it in a feature pyramid.</summary>
/// <remarks>
/// Attributes: epsilon; groups; relu (0 or 1). Inputs: x float [B, C, H, W]; coarse [B, C, H/2, W/2], which may be left out, and is enlarged
/// bilinearly (half-pixel centres, edges repeated) and added to the normalised x; scale and shift, C numbers each. Output: the shape of x.
/// Out of standard operators it takes four or five, each a pass over maps that fit no cache.
/// </remarks>
internal static unsafe class GroupNorm
{
    private const nuint Coarse = 1;

    private static readonly nint Name = CommonCallbacks.AllocateText(nameof(GroupNorm));

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
    private static void Run(in Settings settings, KernelContext context)
    {
        var (x, coarse) = (context.Required(0, "x"), context.Input((int)Coarse));
        var (scale, shift) = (context.Required(2, "scale"), context.Required(3, "shift"));
        var shape = x.Shape;
        context.Require(
            shape.Length == 4 && shape[1] is > 0 and <= int.MaxValue && shape[1] % settings.Groups == 0 && shape[2] is > 0 and <= int.MaxValue && shape[3] is > 0 and <= int.MaxValue,
            "x", shape, $"[B, C, H, W], C a multiple of {settings.Groups}, H and W above 0");
        if (coarse is { } map)
        {
            ReadOnlySpan<long> half = [shape[0], shape[1], shape[2] / 2, shape[3] / 2];
            context.Require(shape[2] % 2 == 0 && shape[3] % 2 == 0 && half[3] <= GroupNormKernel.MostCoarseWidth, "x", shape, $"an even height, and an even width to {2 * GroupNormKernel.MostCoarseWidth}");
            context.Require(map.Shape.SequenceEqual(half), "coarse", map.Shape, $"[{string.Join(", ", half.ToArray())}]");
        }

        context.Require(scale.Elements == shape[1], "scale", scale.Shape, $"{shape[1]} numbers");
        context.Require(shift.Elements == shape[1], "shift", shift.Shape, $"{shape[1]} numbers");
        var job = new GroupNormJob
        {
            X = (float*)x.Data,
            Coarse = coarse is { } tensor ? (float*)tensor.Data : null,
            Scale = (float*)scale.Data,
            Shift = (float*)shift.Data,
            Output = (float*)context.Output(0, shape),
            Epsilon = settings.Epsilon,
            Groups = settings.Groups,
            Channels = (int)(shape[1] / settings.Groups),
            Height = (int)shape[2],
            Width = (int)shape[3],
            Relu = settings.Relu,
            Lanes = VectorWidths.Widest,
        };
        context.ParallelFor(&RunGroup, shape[0] * settings.Groups, &job);
    }

    /// <summary>Nothing in it can throw: it reads and writes what <see cref="Run"/> has checked.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunGroup(void* state, nuint group) => GroupNormKernel.Run(*(GroupNormJob*)state, (long)group);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint CreateKernel(OrtCustomOp* op, nint api, nint info, void** kernel) => CommonCallbacks.CreateKernel(kernel, new KernelInfo(info), Settings.Read);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Compute(void* kernel, nint context) => CommonCallbacks.Compute<Settings>(kernel, new KernelContext(context, nameof(GroupNorm)), Run);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetName(OrtCustomOp* op) => (byte*)Name;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputCharacteristic(OrtCustomOp* op, nuint index) => index == Coarse ? CommonCallbacks.Optional : 0;

    /// <summary>The attributes of one node.</summary>
    private readonly record struct Settings(float Epsilon, int Groups, bool Relu)
    {
        private const int MostGroups = 1 << 16;

        public static Settings Read(KernelInfo info)
        {
            var groups = info.Integer("groups"u8);
            return groups is >= 1 and <= MostGroups
                ? new Settings(info.Float("epsilon"u8), (int)groups, info.Integer("relu"u8) != 0)
                : throw new ArgumentException($"GroupNorm: attribute groups is {groups}; allowed are 1 to {MostGroups}.");
        }
    }
}
