using System.Diagnostics;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Benchmarks;

/// <summary>How fast quality is measured: PQ on one core, AP of 5,000 images on all of them, and a set's value for one resample.</summary>
internal static class ScoringBenchmark
{
    private const int PanopticImages = 200;
    private const int ObjectImages = 5000;
    private const int Chunk = 250;
    private const int Classes = 80;
    private const int Resamples = 20;

    public static void Run()
    {
        RunPanoptic(20, print: false);
        RunPanoptic(PanopticImages, print: true);
        RunObjects(Chunk, print: false);
        RunObjects(ObjectImages, print: true);
    }

    private static void RunPanoptic(int count, bool print)
    {
        var isThing = Enumerable.Range(0, Classes).Select(static id => id % 2 == 0).ToArray();
        var (decoding, matching) = (TimeSpan.Zero, TimeSpan.Zero);
        var counts = new List<PanopticCounts>();
        for (var i = 0; i < count; i++)
        {
            var (truth, prediction) = SyntheticImages.Panoptic(i);
            var (truthPng, predictionPng) = (Png(truth), Png(prediction));
            var start = Stopwatch.GetTimestamp();
            LabelPng.Decode(truthPng);
            LabelPng.Decode(predictionPng);
            decoding += Stopwatch.GetElapsedTime(start);
            start = Stopwatch.GetTimestamp();
            counts.Add(PanopticMatcher.Count(truth, prediction));
            matching += Stopwatch.GetElapsedTime(start);
        }

        var set = new PanopticSetMetric(counts, isThing);
        if (print)
        {
            Console.WriteLine(FormattableString.Invariant($"PQ, 512 x 512 with {SyntheticImages.Segments} segments, one core: {count / matching.TotalSeconds:0} images a second, {count / (matching + decoding).TotalSeconds:0} with both PNGs decoded; PQ {set.Quality([]):0.000}"));
            Console.WriteLine(FormattableString.Invariant($"PQ of one resample of {count} images: {Time(set).TotalMicroseconds:0} microseconds"));
        }
    }

    private static void RunObjects(int count, bool print)
    {
        var matches = new ImageMatches[count];
        var (matching, detections) = (TimeSpan.Zero, 0L);
        for (var first = 0; first < count; first += Chunk)
        {
            var images = new SyntheticObjects[Chunk];
            Parallel.For(0, Chunk, i => images[i] = SyntheticImages.Objects(first + i));
            var start = Stopwatch.GetTimestamp();
            Parallel.For(0, Chunk, i => matches[first + i] = images[i].Match());
            matching += Stopwatch.GetElapsedTime(start);
            detections += images.Sum(static image => image.Detections.Count);
        }

        var begin = Stopwatch.GetTimestamp();
        var set = new PrecisionSetMetric(matches, Classes);
        var score = set.Score();
        var accumulating = Stopwatch.GetElapsedTime(begin);
        if (print)
        {
            Console.WriteLine(FormattableString.Invariant($"mask AP, {count} images, {detections} detections, all cores: {matching.TotalSeconds:0.00} s to match from run lengths, {accumulating.TotalSeconds:0.00} s for the twelve numbers; AP {score.Ap:0.000}"));
            Console.WriteLine(FormattableString.Invariant($"AP of one resample of {count} images: {Time(set).TotalMilliseconds:0.0} ms; managed memory {GC.GetTotalMemory(forceFullCollection: true) / 1e6:0} MB, the process's peak {Peak() / 1e6:0} MB"));
            GC.KeepAlive(set);
        }
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static TimeSpan Time(ISetMetric set)
    {
        var random = new Random(1);
        var weights = new int[set.Images];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[random.Next(weights.Length)]++;
        }

        set.Quality(weights);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Resamples; i++)
        {
            set.Quality(weights);
        }

        return Stopwatch.GetElapsedTime(start) / Resamples;
    }

    private static byte[] Png(PanopticMap map) => PanopticPng.Encode(new PanopticSegmentation(map.Width, map.Height, map.Ids, []));
}
