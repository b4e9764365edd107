using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Tests.Kernels;

public sealed unsafe class AddLayerNormKernelTests
{
    private const double Tolerance = 1e-5; // fp32 sums of up to 80 numbers against double

    [Theory]
    [InlineData(1, 80)]
    [InlineData(4, 80)]
    [InlineData(8, 80)]
    [InlineData(16, 80)]
    [InlineData(16, 7)]
    [InlineData(16, 12)]
    [InlineData(16, 80, false)]
    [InlineData(1, 7, false)]
    public void Run_AnyWidth_EqualsReference(int width, int channels, bool add = true)
    {
        const int rows = 5;
        var random = new Random(channels);
        float[] Random(int count) => [.. Enumerable.Range(0, count).Select(_ => 3 * (random.NextSingle() - 0.4f))];
        var (x, residual, scale, shift) = (Random(rows * channels), Random(rows * channels), Random(channels), Random(channels));
        var output = new float[rows * channels];
        fixed (float* px = x, pr = residual, ps = scale, pt = shift, po = output)
        {
            var job = new AddLayerNormJob
            {
                X = px,
                Residual = add ? pr : null,
                Scale = ps,
                Shift = pt,
                Output = po,
                Epsilon = 1e-5f,
                Channels = channels,
                Rows = rows,
                Width = VectorWidths.Dividing(channels, (VectorWidth)width),
            };
            AddLayerNormKernel.Run(job, 0, 2);
            AddLayerNormKernel.Run(job, 2, rows);
        }

        for (var row = 0; row < rows; row++)
        {
            var sums = Enumerable.Range(row * channels, channels).Select(i => x[i] + (add ? (double)residual[i] : 0)).ToArray();
            var mean = sums.Average();
            var deviation = Math.Sqrt(sums.Average(value => (value - mean) * (value - mean)) + 1e-5);
            for (var i = 0; i < channels; i++)
            {
                Assert.Equal(((sums[i] - mean) / deviation * scale[i]) + shift[i], output[(row * channels) + i], Tolerance);
            }
        }
    }

    [Theory]
    [InlineData(64, 16, 16)]
    [InlineData(24, 16, 8)]
    [InlineData(12, 16, 4)]
    [InlineData(7, 16, 1)]
    [InlineData(64, 4, 4)]
    public void Dividing_OfTheMachinesWidths_LeavesNoRest(int channels, int widest, int expected) =>
        Assert.Equal((VectorWidth)expected, VectorWidths.Dividing(channels, (VectorWidth)widest));
}
