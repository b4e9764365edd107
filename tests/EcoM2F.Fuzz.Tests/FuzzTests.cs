using EcoM2F.Fuzz.Targets;

namespace EcoM2F.Fuzz.Tests;

/// <summary>A short run of every target, always over the same inputs.</summary>
public sealed class FuzzTests
{
    private const int Seed = 1;

    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Read_MutatedInputs_OnlyDocumentedRefusals(string name)
    {
        var run = new FuzzRun(FuzzTargets.Create(name), Seed);
        for (var iteration = 0; iteration < Iterations(name); iteration++)
        {
            Assert.Null(run.Repeat(iteration)?.Reason);
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Read_Corpus_IsSound(string name)
    {
        var target = FuzzTargets.Create(name);

        Assert.NotEmpty(target.Corpus);
        Assert.Contains(target.Corpus, input => Record.Exception(() => target.Read(input)) is null);
    }

    [Fact]
    public void Next_SameSeed_IsTheSameInput()
    {
        var target = FuzzTargets.Create(MultipartTarget.Name);

        Assert.Equal(new Mutator(target, new Random(7)).Next(), new Mutator(target, new Random(7)).Next());
    }

    [Fact]
    public void Repeat_UndocumentedException_IsAFindingThatIsWritten()
    {
        var folder = Directory.CreateTempSubdirectory("ecom2f-findings-").FullName;
        var target = new FuzzTarget("broken", [[1, 2, 3]], [[4]], static _ => throw new InvalidOperationException("bug"), static _ => false);

        var finding = new FuzzRun(target, Seed).Repeat(5)!;
        finding.WriteTo(folder);

        Assert.Contains("bug", File.ReadAllText(Path.Combine(folder, "broken-1-5.txt")), StringComparison.Ordinal);
        Assert.Equal(finding.Input, File.ReadAllBytes(Path.Combine(folder, "broken-1-5.bin")));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Seconds for each on a slow machine.</summary>
    private static int Iterations(string name) => name is ImageTarget.Name or CocoTarget.Name ? 1000 : 5000;
}
