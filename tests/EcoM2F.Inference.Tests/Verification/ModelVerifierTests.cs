using System.Security.Cryptography;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Inference.Verification;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Inference.Tests.Verification;

public sealed class ModelVerifierTests(TinyEngine engine) : IClassFixture<TinyEngine>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-verify").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Verify_OwnCanary_PassesForEveryTensor()
    {
        var report = Verify(Path.Combine(engine.ModelFolder, "canary.safetensors"));

        Assert.True(report.Passed, string.Join(" ", report.Failures));
        Assert.Empty(report.Skipped);
        Assert.Contains($"case0.exit.3.{GraphTensors.MasksQueriesLogits}", report.MaxAbs.Keys);
        Assert.Contains("case0.gate.utility", report.MaxAbs.Keys);
        Assert.All(report.MaxAbs.Values, static value => Assert.InRange(value, 0, 1e-4));
    }

    [Fact]
    public void Verify_ChangedValue_FailsAndNamesTensor()
    {
        var report = Verify(Rewrite($"case0.{GraphTensors.Pooled}", static values => values[3] += 0.01f));

        Assert.False(report.Passed);
        Assert.StartsWith("case0.pooled differs", Assert.Single(report.Failures), StringComparison.Ordinal);
        Assert.Equal(0.01, report.MaxAbs[$"case0.{GraphTensors.Pooled}"], 4);
    }

    [Fact]
    public void Verify_NotFiniteValue_Fails() =>
        Assert.Contains("not finite", Assert.Single(Verify(Rewrite($"case0.{GraphTensors.Pooled}", static values => values[0] = float.NaN)).Failures), StringComparison.Ordinal);

    [Fact]
    public void Verify_OtherShape_Fails() =>
        Assert.Contains("shape", Assert.Single(Verify(Rewrite($"case0.{GraphTensors.Pooled}", static _ => { }, static shape => [shape[0], 1, shape[1]])).Failures), StringComparison.Ordinal);

    [Fact]
    public void Verify_NothingToCompare_Fails()
    {
        var path = Path.Combine(_folder, "empty.safetensors");
        var writer = new SafetensorsWriter();
        writer.Add($"case0.{GraphTensors.Pooled}", new float[4], 1, 4);
        writer.Write(path);

        Assert.Contains("Nothing was compared", Assert.Single(Verify(path).Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_UnknownTensor_IsListedAsSkipped()
    {
        var report = Verify(Rewrite($"case0.{GraphTensors.Pooled}", static _ => { }, rename: "case0.backbone.0"));

        Assert.True(report.Passed);
        Assert.Equal(["case0.backbone.0"], report.Skipped);
    }

    [Fact]
    public async Task LoadAllAsync_CanaryOfAnotherMachine_IsRefused()
    {
        // hashes right, values wrong: what a broken kernel on this machine would look like
        var copy = Path.Combine(_folder, "tiny");
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(engine.ModelFolder))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        var canary = Path.Combine(copy, "canary.safetensors");
        File.Copy(Rewrite($"case0.exit.2.{GraphTensors.MasksQueriesLogits}", static values => Array.ForEach(Enumerable.Range(0, values.Length / 2).ToArray(), i => values[i] = -values[i])), canary, overwrite: true);
        var manifest = ModelFolder.Open(copy).Manifest;
        var hashes = manifest.Sha256.ToDictionary();
        hashes["canary.safetensors"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(canary)));
        File.WriteAllText(Path.Combine(copy, ModelManifest.FileName), (manifest with { Sha256 = hashes }).ToJson());
        await using var services = TinyEngine.Compose(_folder);
        var sut = services.GetRequiredService<ModelRegistry>();

        var error = await Assert.ThrowsAsync<ModelLoadException>(() => sut.LoadAllAsync(Token));

        Assert.Contains("canary failed", error.Message, StringComparison.Ordinal);
        Assert.Contains("mask signs", error.Message, StringComparison.Ordinal);
        Assert.False(sut.IsReady);
        Assert.Equal(error.Message, sut.Failure);
    }

    private VerificationReport Verify(string path)
    {
        var folder = ModelFolder.Open(engine.ModelFolder);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu);
        return ModelVerifier.Verify(sessions, folder.Manifest, path, ModelVerifier.DefaultTolerance, Token);
    }

    private string Rewrite(string name, Action<float[]> change, Func<long[], long[]>? reshape = null, string? rename = null)
    {
        var path = Path.Combine(_folder, "changed.safetensors");
        using var file = SafetensorsFile.Open(Path.Combine(engine.ModelFolder, "canary.safetensors"));
        var writer = new SafetensorsWriter();
        foreach (var tensor in file.Tensors)
        {
            var values = file.Floats(tensor.Name);
            long[] shape = [.. tensor.Shape];
            if (tensor.Name == name)
            {
                change(values);
                shape = reshape?.Invoke(shape) ?? shape;
            }

            writer.Add(tensor.Name == name ? rename ?? name : tensor.Name, values, shape);
        }

        writer.Write(path);
        return path;
    }
}
