using System.Runtime.InteropServices;
using System.Text;

namespace EcoM2F.Inference.Onnx.CustomOps;

/// <summary>Errors between the two worlds: a status from ONNX Runtime becomes an exception, an exception in a callback a status.</summary>
internal static unsafe class OrtStatus
{
    private const int MaxMessageBytes = 1024;

    /// <exception cref="InvalidOperationException">The status is an error; says what ONNX Runtime said. The status is released.</exception>
    public static void Check(nint status)
    {
        if (status != 0)
        {
            var message = Marshal.PtrToStringUTF8((nint)OrtApi.GetErrorMessage(status));
            OrtApi.ReleaseStatus(status);
            throw new InvalidOperationException(message);
        }
    }

    /// <summary>For a callback to return. Never throws: an exception that left the callback would end the process.</summary>
    public static nint From(Exception exception)
    {
        var message = stackalloc byte[MaxMessageBytes + 1];
        var code = exception is ArgumentException ? OrtApi.InvalidArgument : OrtApi.Fail;
        Encoding.UTF8.GetEncoder().Convert(exception.Message, new Span<byte>(message, MaxMessageBytes), flush: true, out _, out var written, out _);
        message[written] = 0;
        return OrtApi.CreateStatus(code, message);
    }
}
