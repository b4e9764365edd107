using EcoM2F.Compiler.Tests;
using EcoM2F.Inference.Onnx;

[assembly: AssemblyFixture(typeof(SharedRuntime))]

namespace EcoM2F.Compiler.Tests;

/// <summary>The product's ONNX Runtime environment, before any test opens a session of its own: a process has one.</summary>
public sealed class SharedRuntime
{
    public SharedRuntime() => OrtRuntime.Initialize(0);
}
