using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Tests.Kernels;

public sealed unsafe class GroupNormKernelTests
{
    private const double Tolerance = 2e-5; // fp32 sums against double

    [Theory]
    [InlineData(1, 4, 6)]
    [InlineData(4, 4, 6)]
    [InlineData(8, 6, 38)]
    [InlineData(16, 6, 38)]
    [InlineData(16, 2, 2)]
    [InlineData(16, 2, 130, true, true)]
    [InlineData(16, 74, 72, true)]
    [InlineData(8, 4, 34, true)]
    [InlineData(4, 4, 10, true, true)]
    [InlineData(1, 4, 10, true)]
    [InlineData(16, 3, 7, false, true)]
    public void Run_AnyWidth_EqualsReference(int lanes, int height, int width, bool add = false, bool relu = false)
    {
        const int images = 2, groups = 3, channels = 2;
        var random = new Random(width);
        float[] Random(int count) => [.. Enumerable.Range(0, count).Select(_ => 3 * (random.NextSingle() - 0.3f))];
        var count = images * groups * channels * height * width;
        var (x, coarse, scale, shift) = (Random(count), Random(add ? count / 4 : 1), Random(groups * channels), Random(groups * channels));
        var output = new float[count];
        fixed (float* px = x, pc = coarse, ps = scale, pt = shift, po = output)
        {
            var job = new GroupNormJob
            {
                X = px,
                Coarse = add ? pc : null,
                Scale = ps,
                Shift = pt,
                Output = po,
                Epsilon = 1e-5f,
                Groups = groups,
                Channels = channels,
                Height = height,
                Width = width,
                Relu = relu,
                Lanes = (VectorWidth)lanes,
            };
            for (var group = 0; group < images * groups; group++)
            {
                GroupNormKernel.Run(job, group);
            }
        }

        var (plane, size) = (height * width, channels * height * width);
        for (var i = 0; i < count; i++)
        {
            var group = x.Skip(i / size * size).Take(size).Select(static value => (double)value).ToArray();
            var mean = group.Average();
            var channel = i / plane % (groups * channels);
            var expected = ((x[i] - mean) / Math.Sqrt(group.Average(value => (value - mean) * (value - mean)) + 1e-5) * scale[channel]) + shift[channel];
            expected += add ? Enlarged(coarse.AsSpan(i / plane * (plane / 4), plane / 4), height / 2, width / 2, i % plane / width, i % width) : 0;
            Assert.Equal(relu ? Math.Max(expected, 0) : expected, output[i], Tolerance);
        }
    }

    /// <summary>Bilinear with half-pixel centres, edges repeated.</summary>
    private static double Enlarged(ReadOnlySpan<float> map, int height, int width, int row, int column)
    {
        var (y, x) = (((row + 0.5) / 2) - 0.5, ((column + 0.5) / 2) - 0.5);
        var (top, left) = ((int)Math.Floor(y), (int)Math.Floor(x));
        var sum = 0.0;
        for (var i = 0; i < 2; i++)
        {
            for (var j = 0; j < 2; j++)
            {
                var weight = (1 - Math.Abs(y - (top + i))) * (1 - Math.Abs(x - (left + j)));
                sum += weight * map[(Math.Clamp(top + i, 0, height - 1) * width) + Math.Clamp(left + j, 0, width - 1)];
            }
        }

        return sum;
    }
}
