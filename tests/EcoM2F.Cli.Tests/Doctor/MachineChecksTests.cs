using EcoM2F.Cli.Doctor;
using EcoM2F.Inference.Benchmarking;

namespace EcoM2F.Cli.Tests.Doctor;

public sealed class MachineChecksTests
{
    [Theory]
    [InlineData(4, null, "Fine")]
    [InlineData(4, 4.0, "Fine")]
    [InlineData(2, 4.0, "Fine")]
    [InlineData(2, 1.5, "Advice")]
    [InlineData(1, 0.5, "Advice")]
    [InlineData(8, 2.0, "Wrong")]
    [InlineData(3, 1.5, "Wrong")]
    public void Threads_AgainstTheLimit_AreJudged(int threads, double? cores, string expected)
    {
        var sut = MachineChecks.Threads(threads, new CgroupLimits(cores, null));

        Assert.Equal(expected, sut.State.ToString());
        Assert.Equal(expected == "Fine", sut.Advice is null);
    }

    [Fact]
    public void Threads_TooMany_NamesTheNumberThatFits() =>
        Assert.Contains("to 2.", MachineChecks.Threads(8, new CgroupLimits(2.5, null)).Advice, StringComparison.Ordinal);

    [Theory]
    [InlineData(8L << 30, "Fine")]
    [InlineData(700L << 20, "Advice")]
    [InlineData(300L << 20, "Wrong")]
    public void Memory_Available_IsJudged(long bytes, string expected) =>
        Assert.Equal(expected, MachineChecks.Memory(bytes, new CgroupLimits(null, bytes)).State.ToString());

    [Theory]
    [InlineData(512, "Fine", "AVX2", "AVX-512")]
    [InlineData(256, "Fine", "AVX2")]
    [InlineData(128, "Fine", "NEON")]
    [InlineData(128, "Advice", "AVX2")]
    [InlineData(32, "Advice")]
    public void Processor_VectorsThatAreNotUsed_AreNamed(int bits, string expected, params string[] sets) =>
        Assert.Equal(expected, MachineChecks.Processor(new MachineDescription("P", 1, sets, bits, "1", "10", null)).State.ToString());
}
