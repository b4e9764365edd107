using EcoM2F.Cli.Doctor;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Doctor;

public sealed class CgroupLimitsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Version2_TakesTheLeastOfTheGroupAndThoseAboveIt()
    {
        Write("0::/pod/container\n", ("cpu.max", "max 100000"), ("pod/cpu.max", "150000 100000"), ("pod/container/cpu.max", "400000 100000"), ("pod/container/memory.max", "1073741824"), ("pod/memory.max", "max"));
        Assert.Equal(new CgroupLimits(1.5, 1 << 30), Read());
    }

    [Fact]
    public void Read_ContainerThatSeesItselfAsTheRoot_IsRead()
    {
        Write("0::/\n", ("cpu.max", "50000 100000"), ("memory.max", "268435456"));
        Assert.Equal(new CgroupLimits(0.5, 1 << 28), Read());
    }

    [Fact]
    public void Read_Version1_IsReadFromItsControllers()
    {
        Write(
            "4:cpu,cpuacct:/docker/abc\n7:memory:/docker/abc\n",
            ("cpu/docker/abc/cpu.cfs_quota_us", "200000"),
            ("cpu/docker/abc/cpu.cfs_period_us", "100000"),
            ("memory/docker/abc/memory.limit_in_bytes", "536870912"),
            ("memory/memory.limit_in_bytes", "9223372036854771712"));
        Assert.Equal(new CgroupLimits(2, 1 << 29), Read());
    }

    [Theory]
    [InlineData("max 100000", "max")]
    [InlineData("-1 100000", "9223372036854771712")]
    [InlineData("nonsense", "")]
    public void Read_NoLimit_IsNone(string cpu, string memory)
    {
        Write("0::/\n", ("cpu.max", cpu), ("memory.max", memory));
        Assert.Equal(new CgroupLimits(null, null), Read());
    }

    [Fact]
    public void Read_NoControlGroups_IsNone() => Assert.Equal(new CgroupLimits(null, null), CgroupLimits.Read(_folder["nowhere"], _folder["nothing"]));

    private CgroupLimits Read() => CgroupLimits.Read(_folder["root"], _folder["own"]);

    private void Write(string own, params (string Name, string Text)[] files)
    {
        _folder.Write("own", own);
        foreach (var (name, text) in files)
        {
            _folder.Write($"root/{name}", text + "\n");
        }
    }
}
