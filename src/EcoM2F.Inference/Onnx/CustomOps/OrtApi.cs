using System.Runtime.InteropServices;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>
/// The functions of ONNX Runtime's C API that a custom operator needs and the managed package does not offer. The API is one
/// table of pointers that only ever grows at its end, so a function's position (onnxruntime_c_api.h) holds for every version.
/// A function returns null or a status that its caller must pass on or release.
/// </summary>
internal static unsafe partial class OrtApi
{
    /// <summary>ONNX Runtime 1.17 brought the last function that is used here, ParallelFor.</summary>
    public const uint Version = 17;

    public const int Fail = 1;
    public const int InvalidArgument = 2;

    private static readonly nint* Table = Load();

    public static nint CreateStatus(int code, byte* message) => ((delegate* unmanaged[Cdecl]<int, byte*, nint>)Table[0])(code, message);

    public static byte* GetErrorMessage(nint status) => ((delegate* unmanaged[Cdecl]<nint, byte*>)Table[2])(status);

    public static nint CreateCustomOpDomain(byte* name, nint* domain) => ((delegate* unmanaged[Cdecl]<byte*, nint*, nint>)Table[26])(name, domain);

    public static nint AddToDomain(nint domain, OrtCustomOp* op) => ((delegate* unmanaged[Cdecl]<nint, OrtCustomOp*, nint>)Table[27])(domain, op);

    public static nint AddCustomOpDomain(nint sessionOptions, nint domain) => ((delegate* unmanaged[Cdecl]<nint, nint, nint>)Table[28])(sessionOptions, domain);

    public static nint GetTensorMutableData(nint value, void** data) => ((delegate* unmanaged[Cdecl]<nint, void**, nint>)Table[51])(value, data);

    public static nint GetDimensionsCount(nint info, nuint* count) => ((delegate* unmanaged[Cdecl]<nint, nuint*, nint>)Table[61])(info, count);

    public static nint GetDimensions(nint info, long* dimensions, nuint length) => ((delegate* unmanaged[Cdecl]<nint, long*, nuint, nint>)Table[62])(info, dimensions, length);

    public static nint GetTensorTypeAndShape(nint value, nint* info) => ((delegate* unmanaged[Cdecl]<nint, nint*, nint>)Table[65])(value, info);

    public static nint GetAttribute(nint kernelInfo, byte* name, float* value) => ((delegate* unmanaged[Cdecl]<nint, byte*, float*, nint>)Table[85])(kernelInfo, name, value);

    public static nint GetAttribute(nint kernelInfo, byte* name, long* value) => ((delegate* unmanaged[Cdecl]<nint, byte*, long*, nint>)Table[86])(kernelInfo, name, value);

    public static nint GetInputCount(nint context, nuint* count) => ((delegate* unmanaged[Cdecl]<nint, nuint*, nint>)Table[88])(context, count);

    public static nint GetInput(nint context, nuint index, nint* value) => ((delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint>)Table[90])(context, index, value);

    public static nint GetOutput(nint context, nuint index, long* dimensions, nuint length, nint* value) =>
        ((delegate* unmanaged[Cdecl]<nint, nuint, long*, nuint, nint*, nint>)Table[91])(context, index, dimensions, length, value);

    public static void ReleaseStatus(nint status) => ((delegate* unmanaged[Cdecl]<nint, void>)Table[93])(status);

    public static void ReleaseTensorTypeAndShapeInfo(nint info) => ((delegate* unmanaged[Cdecl]<nint, void>)Table[99])(info);

    /// <summary>Calls a function for 0 to total - 1 on the session's own threads, and returns when all are done.</summary>
    public static nint ParallelFor(nint context, delegate* unmanaged[Cdecl]<void*, nuint, void> function, nuint total, nuint batches, void* state) =>
        ((delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<void*, nuint, void>, nuint, nuint, void*, nint>)Table[274])(context, function, total, batches, state);

    private static nint* Load()
    {
        var table = OrtGetApiBase()->GetApi(Version);
        return table is null
            ? throw new NotSupportedException($"This ONNX Runtime is older than 1.{Version}, which the operators of {EcoM2FOperators.Domain} need.")
            : table;
    }

    [LibraryImport("onnxruntime")]
    private static partial OrtApiBase* OrtGetApiBase();

    [StructLayout(LayoutKind.Sequential)]
    private struct OrtApiBase
    {
        public delegate* unmanaged[Cdecl]<uint, nint*> GetApi;
        public delegate* unmanaged[Cdecl]<byte*> GetVersionString;
    }
}
