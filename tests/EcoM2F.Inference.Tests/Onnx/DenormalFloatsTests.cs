using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EcoM2F.Inference.Onnx;
using EcoM2F.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Tests.Onnx;

public sealed class DenormalFloatsTests
{
    private const string Unsupported = "not x64 Linux with glibc";

    private static readonly bool Supported =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 && NativeLibrary.TryLoad("libm.so.6", out _);

    [Fact]
    public void CountAsZero_ResultsAndOperands_UntilDisposed()
    {
        Assert.SkipUnless(Supported, Unsupported);
        float result, operand;
        using (DenormalFloats.CountAsZero())
        {
            (result, operand) = (Product(1e-20f, 1e-20f), Product(float.Epsilon, 1e20f));
        }

        Assert.Equal((0, 0), (result, operand));
        Assert.NotEqual(0, Product(1e-20f, 1e-20f));
        Assert.NotEqual(0, Product(float.Epsilon, 1e20f));
    }

    [Fact]
    public void StageSession_LargeTensorOfDenormalResults_GivesZerosFromEveryThread()
    {
        Assert.SkipUnless(Supported, Unsupported);
        OrtRuntime.Initialize(0);
        var folder = Directory.CreateTempSubdirectory("ecom2f-denormal");
        try
        {
            var file = Path.Combine(folder.FullName, "square.onnx");
            SquareGraph.Write(file);
            var values = new float[1 << 20]; // enough for ONNX Runtime to divide it among threads
            Array.Fill(values, 1e-20f);
            using var input = OrtValue.CreateTensorValueFromMemory(values, [values.Length]);
            using var options = new RunOptions();
            using var sut = new StageSession(file, ExecutionTarget.Cpu, weights: null, recordPlacement: false);

            using var square = sut.Run(options, [(SquareGraph.Input, input)], [(SquareGraph.Output, OrtMemoryInfo.DefaultInstance)])[0];

            Assert.True(square.GetTensorDataAsSpan<float>().IndexOfAnyExcept(0f) < 0);
            Assert.NotEqual(0, Product(1e-20f, 1e-20f));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Product(float a, float b) => a * b;
}
