using System.Runtime.Intrinsics;

namespace EcoM2F.Inference.Kernels;

/// <summary>How many floats a kernel handles at a time.</summary>
internal enum VectorWidth
{
    Scalar = 1,
    Vector128 = 4,
    Vector256 = 8,
    Vector512 = 16,
}

internal static class VectorWidths
{
    /// <summary>
    /// The widest that the .NET runtime calls accelerated here: it leaves 512 bits out where the CPU has them but slows down
    /// with them.
    /// </summary>
    public static VectorWidth Widest { get; } =
        Vector512.IsHardwareAccelerated ? VectorWidth.Vector512
        : Vector256.IsHardwareAccelerated ? VectorWidth.Vector256
        : Vector128.IsHardwareAccelerated ? VectorWidth.Vector128
        : VectorWidth.Scalar;

    /// <summary>The widest that is not wider than the machine's and of which one vector fits into <paramref name="floats"/>.</summary>
    public static VectorWidth For(int floats, VectorWidth widest)
    {
        var width = widest;
        while ((int)width > floats)
        {
            width = width == VectorWidth.Vector128 ? VectorWidth.Scalar : (VectorWidth)((int)width / 2);
        }

        return width;
    }

    /// <summary>The widest of the machine's that <paramref name="floats"/> is a multiple of.</summary>
    public static VectorWidth Dividing(int floats, VectorWidth widest)
    {
        var width = widest;
        while (floats % (int)width != 0)
        {
            width = For((int)width - 1, width);
        }

        return width;
    }
}
