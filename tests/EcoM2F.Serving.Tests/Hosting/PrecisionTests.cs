using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Serving.Responses;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests.Hosting;

/// <summary>Which graphs a model is served with.</summary>
public sealed class PrecisionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_PrecisionThatTheModelLacks_SaysWhatItHas()
    {
        TinyModel.CompileTo(_folder["tiny"]);

        var error = Assert.Throws<ModelLoadException>(() => Load(GraphPrecisions.EightBits));

        Assert.Contains("'tiny' has no int8 graphs; it has fp32", error.Message, StringComparison.Ordinal);
        Assert.Contains("ecom2f quantize", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GraphPrecisions.Fp32)]
    [InlineData(GraphPrecisions.EightBits)]
    public void Load_PrecisionIsNamed_IsWhatRunsAndWhatClientsSee(string precision)
    {
        TinyModel.CompileTo(_folder["tiny"]);
        TinyInt8.AddTo(_folder["tiny"]);

        using var model = Load(precision);
        var body = model.Manifest.ToBody(isDefault: true, model.Precision);

        Assert.Equal(precision, body.Precision);
        Assert.Equal([GraphPrecisions.Fp32, GraphPrecisions.EightBits], body.Precisions);
    }

    /// <summary>Which is faster depends on the machine; that one of them was taken does not.</summary>
    [Fact]
    public void Load_NoneIsNamed_TakesOneByMeasurement()
    {
        TinyModel.CompileTo(_folder["tiny"]);
        TinyInt8.AddTo(_folder["tiny"]);

        using var model = Load(null);

        Assert.Contains(model.Precision, model.Manifest.RunnablePrecisions);
    }

    private LoadedModel Load(string? precision)
    {
        OrtRuntime.Initialize(0);
        return LoadedModel.Load(_folder["tiny"], new ModelLoadOptions(ExecutionTarget.Cpu) { Precision = precision }, Token);
    }
}
