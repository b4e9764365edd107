using EcoM2F.Compiler.Architectures;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Tests.Safetensors;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Checkpoints;

/// <summary>Damaged JSON of every file that a checkpoint may bring: a result or a <see cref="CompileException"/>, never anything else.</summary>
public sealed class ConfigurationFuzzTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("mask2former_swin")]
    [InlineData("mask2former_resnet")]
    public void Read_DamagedConfig_ReadsOrSaysWhatIsWrong(string fixture) =>
        Fuzz("config.json", File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, fixture, "config.json")), Read);

    [Theory]
    [InlineData(DetectorCheckpoint.Detr)]
    [InlineData(DetectorCheckpoint.DeformableDetr)]
    public void Read_DamagedDetector_ReadsOrSaysWhatIsWrong(string fixture) =>
        Fuzz("config.json", File.ReadAllBytes(Path.Combine(DetectorCheckpoint.FolderOf(fixture), "config.json")), Read);

    [Fact]
    public void Read_DamagedPreprocessor_ReadsOrSaysWhatIsWrong()
    {
        TinyCheckpoint.Write(_folder["tiny"]);
        Fuzz(PreprocessorConfig.FileName, File.ReadAllBytes(Path.Combine(_folder["tiny"], PreprocessorConfig.FileName)), _ => PreprocessorConfig.Read(_folder.Path));
    }

    [Fact]
    public void Read_DamagedEcoM2FConfig_ReadsOrSaysWhatIsWrong()
    {
        TinyCheckpoint.Write(_folder["tiny"]);
        Fuzz(
            EcoM2FConfig.FileName,
            File.ReadAllBytes(Path.Combine(_folder["tiny"], EcoM2FConfig.FileName)),
            _ => EcoM2FConfig.Read(_folder.Path, ["person", "animal", "sky", "ground"], new PostprocessingSettings("meta", 0.8f, 0.5f, 0.8f)));
    }

    public void Dispose() => _folder.Dispose();

    private static void Read(string file)
    {
        var keys = ConfigKeys.Open(file);
        ArchitectureRegistry.Find(keys).Read(keys, DetectorTensors.Reader);
    }

    private void Fuzz(string name, byte[] original, Action<string> read)
    {
        var (accepted, refused) = (0, 0);
        for (var seed = 0; seed < 3000; seed++)
        {
            File.WriteAllBytes(_folder[name], Mutation.Of(original, seed, original.Length));
            try
            {
                read(_folder[name]);
                accepted++;
            }
            catch (CompileException exception)
            {
                Assert.Contains(name, exception.Message);
                refused++;
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}: {exception}");
            }
        }

        Assert.True(accepted > 20 && refused > 500, $"{accepted} accepted, {refused} refused");
    }
}
