using System.Runtime.CompilerServices;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Compiler.Tests;

/// <summary>The engine's own settings must come before any test's first session.</summary>
internal static class RuntimeSetup
{
    [ModuleInitializer]
    internal static void Initialize() => OrtRuntime.Initialize(0);
}
