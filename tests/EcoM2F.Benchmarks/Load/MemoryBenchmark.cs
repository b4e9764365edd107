using NetVips;

namespace EcoM2F.Benchmarks.Load;

/// <summary>Resident memory of the real service: over images of many sizes, and at its peak for one very large photo with all tasks.</summary>
internal static class MemoryBenchmark
{
    private const int Clients = 4;
    private const int FirstLook = 500;
    private const int Shapes = 60;
    private const int LargeWidth = 8660, LargeHeight = 5774;
    private const string AllTasks = "?task=panoptic,instance,semantic";

    public static async Task RunAsync(int images)
    {
        var photos = MixedSizes();
        await using (var service = await LoadedService.StartAsync(models: null, "--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0"))
        {
            Console.WriteLine(FormattableString.Invariant($"ready: {service.Megabytes:0} MB; then photos of {photos.Count} sizes, {Clients} clients, gate's choices"));
            for (var (done, next) = (0, FirstLook); done < images; done = next, next = Math.Min(images, next + FirstLook))
            {
                await service.RunClosedAsync(photos, next - done, Clients, "");
                Console.WriteLine(FormattableString.Invariant($"after {next} images: {service.Megabytes:0} MB, peak {service.PeakMegabytes():0} MB"));
            }
        }

        await using var another = await LoadedService.StartAsync(models: null);
        var before = another.PeakMegabytes();
        using var answer = await another.PostAsync(Photo(LargeWidth, LargeHeight, seed: 1), query: AllTasks);
        answer.EnsureSuccessStatusCode();
        Console.WriteLine(FormattableString.Invariant($"one photo of {LargeWidth * LargeHeight / 1e6:0} megapixels with all tasks: peak {another.PeakMegabytes():0} MB, {before:0} MB before"));
    }

    /// <summary>Aspect ratios from 1:3 to 3:1, areas from 0.05 to 2 megapixels.</summary>
    private static List<byte[]> MixedSizes()
    {
        var random = new Random(17);
        return [.. Enumerable.Range(0, Shapes).Select(i =>
        {
            var (ratio, area) = (Math.Pow(3, (2 * random.NextDouble()) - 1), 50_000 * Math.Pow(40, random.NextDouble()));
            return Photo((int)Math.Sqrt(area * ratio), (int)Math.Sqrt(area / ratio), i);
        })];
    }

    /// <summary>A JPEG of the tests' photos, enlarged or cut to a size.</summary>
    private static byte[] Photo(int width, int height, int seed)
    {
        var photos = Photos.Read();
        using var image = Image.ThumbnailBuffer(photos[seed % photos.Count].Bytes, width, height: height, size: Enums.Size.Force);
        return image.JpegsaveBuffer(q: 90);
    }
}
