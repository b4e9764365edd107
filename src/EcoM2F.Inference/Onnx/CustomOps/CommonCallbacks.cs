using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>
/// What all operators here have in common: version 1, for the CPU, one output of floats, four inputs of floats none of which
/// may be left out, and a kernel that is one block of native memory with the node's attributes. An operator replaces what differs.
/// </summary>
internal static unsafe class CommonCallbacks
{
    public const int Float = 1; // ONNXTensorElementDataType
    public const int Int64 = 7;

    public const int Optional = 1; // OrtCustomOpInputOutputCharacteristic

    /// <returns>Memory that is never freed; name and kernel are still to be filled in.</returns>
    public static OrtCustomOp* Allocate()
    {
        var op = (OrtCustomOp*)NativeMemory.AllocZeroed((nuint)sizeof(OrtCustomOp));
        op->Version = OrtApi.Version;
        op->GetExecutionProviderType = &GetExecutionProviderType;
        op->GetInputType = &GetFloat;
        op->GetInputTypeCount = &GetFour;
        op->GetOutputType = &GetFloat;
        op->GetOutputTypeCount = &GetOne;
        op->GetInputCharacteristic = &GetZero; // required
        op->GetOutputCharacteristic = &GetZero;
        op->GetInputMemoryType = &GetZero; // where the provider computes
        op->GetVariadicInputMinArity = &GetOneInt;
        op->GetVariadicInputHomogeneity = &GetOneInt;
        op->GetVariadicOutputMinArity = &GetOneInt;
        op->GetVariadicOutputHomogeneity = &GetOneInt;
        op->GetStartVersion = &GetOneInt;
        op->GetEndVersion = &GetOneInt;
        op->KernelDestroy = &Destroy;
        return op;
    }

    /// <summary>What an operator computes.</summary>
    /// <typeparam name="T">The node's attributes.</typeparam>
    public delegate void Computation<T>(in T attributes, KernelContext context)
        where T : unmanaged;

    /// <summary>Reads a node's attributes into native memory. Lets no exception out.</summary>
    /// <returns>0, or a status that says what is wrong; its reader releases it.</returns>
    public static nint CreateKernel<T>(void** kernel, KernelInfo info, Func<KernelInfo, T> read)
        where T : unmanaged
    {
        *kernel = null;
        try
        {
            var attributes = read(info);
            *kernel = NativeMemory.Alloc((nuint)sizeof(T));
            *(T*)*kernel = attributes;
            return 0;
        }
        catch (Exception exception)
        {
            return OrtStatus.From(exception);
        }
    }

    /// <summary>Runs a kernel. Lets no exception out.</summary>
    /// <inheritdoc cref="CreateKernel"/>
    public static nint Compute<T>(void* kernel, KernelContext context, Computation<T> compute)
        where T : unmanaged
    {
        try
        {
            compute(*(T*)kernel, context);
            return 0;
        }
        catch (Exception exception)
        {
            return OrtStatus.From(exception);
        }
    }

    /// <returns>UTF-8 that ends with 0, never freed.</returns>
    public static nint AllocateText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + '\0');
        var memory = (nint)NativeMemory.Alloc((nuint)bytes.Length);
        Marshal.Copy(bytes, 0, memory, bytes.Length);
        return memory;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetExecutionProviderType(OrtCustomOp* op) => null; // the CPU

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetFloat(OrtCustomOp* op, nuint index) => Float;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetZero(OrtCustomOp* op, nuint index) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GetOne(OrtCustomOp* op) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GetFour(OrtCustomOp* op) => 4;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetOneInt(OrtCustomOp* op) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Destroy(void* kernel) => NativeMemory.Free(kernel);
}
