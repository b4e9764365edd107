using System.Diagnostics;
using EcoM2F.Inference.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace EcoM2F.Benchmarks;

/// <summary>
/// Our decoder, which is libvips with libjpeg, libpng and libwebp in it, beside ImageSharp's: time, and how far ImageSharp's pixels are
/// from libvips's. Models are trained on what libjpeg makes of a file, through PIL, and these images' pixels are the same in PIL 9.4.0.
/// </summary>
internal static class DecodingBenchmark
{
    private const int Warmups = 2;
    private const int Rounds = 25;

    /// <summary>More than rounding in another order explains.</summary>
    private const int Tolerance = 2;

    private static readonly ImageLimits Limits = new();

    /// <summary>One thread an image, as ours: a service decodes many at once.</summary>
    private static readonly Configuration OneThread = CreateConfiguration();

    public static void Run()
    {
        Console.WriteLine($"median ms of {Rounds} rounds, one thread; share of ImageSharp's values that are over {Tolerance} of 255 from libvips's, and the largest difference");
        Console.WriteLine($"{"size",-16}{"image",-26}{"libvips",9}{"ImageSharp",12}{"ratio",7}{"over " + Tolerance,9}{"largest",9}");
        foreach (var set in EncodedImages.Make())
        {
            var (vips, imageSharp) = Measure(set.Files);
            var ratio = imageSharp.Zip(vips, static (theirs, ours) => theirs / ours).Median(); // each round's own, whatever else runs
            var (share, largest) = Compare(set.Files);
            Console.WriteLine(FormattableString.Invariant($"{set.Size,-16}{set.Kind,-26}{vips.Median(),9:0.0}{imageSharp.Median(),12:0.0}{ratio,7:0.00}{share,9:0.0%}{largest,9}"));
        }
    }

    /// <summary>The decoders take turns, so that a slow second of the machine falls on both.</summary>
    private static (List<double> Vips, List<double> ImageSharp) Measure(IReadOnlyList<byte[]> files)
    {
        var (vips, imageSharp) = (new List<double>(), new List<double>());
        for (var round = -Warmups; round < Rounds; round++)
        {
            foreach (var file in files)
            {
                var (ours, theirs) = (Time(DecodeWithVips, file), Time(DecodeWithImageSharp, file));
                if (round >= 0)
                {
                    vips.Add(ours);
                    imageSharp.Add(theirs);
                }
            }
        }

        return (vips, imageSharp);
    }

    private static double Time(Func<byte[], byte[]> decode, byte[] file)
    {
        var start = Stopwatch.GetTimestamp();
        decode(file);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static (double Share, int Largest) Compare(IReadOnlyList<byte[]> files)
    {
        var (values, over, largest) = (0L, 0L, 0);
        foreach (var file in files)
        {
            foreach (var (ours, theirs) in DecodeWithVips(file).Zip(DecodeWithImageSharp(file)))
            {
                var difference = Math.Abs(ours - theirs);
                values++;
                over += difference > Tolerance ? 1 : 0;
                largest = Math.Max(largest, difference);
            }
        }

        return ((double)over / values, largest);
    }

    private static byte[] DecodeWithVips(byte[] file)
    {
        using var image = ImageDecoder.Decode(file, Limits, CancellationToken.None);
        return image.Pixels.ToArray();
    }

    private static byte[] DecodeWithImageSharp(byte[] file)
    {
        using var image = Image.Load<Rgb24>(OneThread, file);
        var pixels = new byte[3 * image.Width * image.Height];
        image.CopyPixelDataTo(pixels);
        return pixels;
    }

    private static Configuration CreateConfiguration()
    {
        var configuration = Configuration.Default.Clone();
        configuration.MaxDegreeOfParallelism = 1;
        return configuration;
    }
}
