using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>The whole service with a tiny detector.</summary>
public sealed class DetectorService : Service
{
    protected override void CompileModel(string folder) => TinyDetector.CompileTo(folder);
}
