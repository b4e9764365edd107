using System.Runtime.InteropServices;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>ONNX Runtime's struct of that name, up to what version 17 of the API reads. ORT keeps the pointer for as long as a session lives.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OrtCustomOp
{
    public uint Version;
    public nint CreateKernel; // the first form of the callback: cannot report errors, left null
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, byte*> GetName;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, byte*> GetExecutionProviderType;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, nuint, int> GetInputType;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, nuint> GetInputTypeCount;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, nuint, int> GetOutputType;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, nuint> GetOutputTypeCount;
    public nint KernelCompute; // likewise
    public delegate* unmanaged[Cdecl]<void*, void> KernelDestroy;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, nuint, int> GetInputCharacteristic;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, nuint, int> GetOutputCharacteristic;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, nuint, int> GetInputMemoryType;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, int> GetVariadicInputMinArity;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, int> GetVariadicInputHomogeneity;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, int> GetVariadicOutputMinArity;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, int> GetVariadicOutputHomogeneity;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, nint, nint, void**, nint> CreateKernelV2;
    public delegate* unmanaged[Cdecl]<void*, nint, nint> KernelComputeV2;
    public nint InferOutputShape; // not needed: the graphs ask for no shape of an output
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, int> GetStartVersion;
    public delegate* unmanaged[Cdecl]<OrtCustomOp*, int> GetEndVersion;
    public nint GetMayInplace; // no output takes an input's place
    public nint ReleaseMayInplace;
    public nint GetAliasMap;
    public nint ReleaseAliasMap;
}
