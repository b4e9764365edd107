using System.Runtime.InteropServices;
using EcoM2F.Inference.Engine;

namespace EcoM2F.Inference.Tests.Engine;

public sealed class NativeHeapTests
{
    [Fact]
    public void KeepSmall_OnGlibc_IsAccepted()
    {
        Assert.SkipUnless(NativeLibrary.TryLoad("libc.so.6", out _), "no glibc here");

        Assert.True(NativeHeap.KeepSmall(static _ => null));
    }

    /// <summary>Who sets malloc by hand knows why.</summary>
    [Theory]
    [InlineData("MALLOC_ARENA_MAX")]
    [InlineData("MALLOC_MMAP_THRESHOLD_")]
    [InlineData("GLIBC_TUNABLES")]
    public void KeepSmall_MallocIsSetByTheEnvironment_ChangesNothing(string name) => Assert.False(NativeHeap.KeepSmall(variable => variable == name ? "1" : null));
}
