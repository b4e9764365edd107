using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>
/// The service as a user starts it, in a process of its own on the bundled model: real photographs in over HTTP, masks out that
/// cover what they did when <c>tests/fixtures/photos/expected.json</c> was stored (by <c>tools/store_expected_masks.sh</c>).
/// </summary>
public sealed partial class EndToEndTests
{
    /// <summary>Rounding on another processor moves a mask's border by pixels, not by parts.</summary>
    private const double LeastOverlap = 0.85;

    /// <summary>Share of the image from which on a stored segment must be found again.</summary>
    private const double LeastShare = 0.03;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Photos => Path.Combine(RepositoryPaths.Fixtures, "photos");

    [Fact]
    public async Task Service_RealPhotos_CoverWhatTheyShouldAndAreAccountedFor()
    {
        await using var service = await ServiceProcess.StartAsync(["--Engine:ModelsFolder", Path.Combine(RepositoryPaths.Root, "models")], Token);
        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Photos, "expected.json"), Token));
        var (depths, sizes) = (new List<int>(), new List<string>());
        foreach (var photo in expected.RootElement.EnumerateObject())
        {
            using var content = new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(Photos, photo.Name), Token));
            using var response = await service.Client.PostAsync(new Uri("/v1/segment", UriKind.Relative), content, Token);
            using var result = JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(Token));

            var compute = result.RootElement.GetProperty("compute");
            depths.Add(compute.GetProperty("depth").GetInt32());
            sizes.Add(compute.GetProperty("size").GetRawText());
            Assert.StartsWith($"depth={depths[^1]}, max-depth=6, size=", Assert.Single(response.Headers.GetValues("Compute-Used")), StringComparison.Ordinal);
            Assert.True(JsonElement.DeepEquals(photo.Value.GetProperty("image"), result.RootElement.GetProperty("image")));
            RequireOverlap(photo.Name, Segments(photo.Value), Segments(result.RootElement));
        }

        Assert.True(depths.Zip(sizes).Distinct().Count() > 1, $"Compute should adapt; it was {string.Join(", ", depths.Zip(sizes))}.");
        var metrics = await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Token);
        Assert.Equal(depths.Sum(), Sum(metrics, "ecom2f_encoder_depth_sum"));
        Assert.Equal(depths.Count, Sum(metrics, "ecom2f_encoder_depth_count"));
        Assert.Equal(0, await service.TerminateAsync(Token));
    }

    private static void RequireOverlap(string photo, List<(string Category, byte[] Mask)> expected, List<(string Category, byte[] Mask)> actual)
    {
        var large = expected.Where(static segment => segment.Mask.Count(static bit => bit != 0) >= LeastShare * segment.Mask.Length).ToList();
        Assert.NotEmpty(large);
        foreach (var (category, mask) in large)
        {
            var best = actual.Where(segment => segment.Category == category).Select(segment => Overlap(mask, segment.Mask)).DefaultIfEmpty().Max();
            Assert.True(best >= LeastOverlap, FormattableString.Invariant($"{photo}: the stored {category} is covered with an IoU of {best:0.00}; at least {LeastOverlap} is wanted."));
        }
    }

    /// <summary>Intersection over union.</summary>
    private static double Overlap(byte[] first, byte[] second)
    {
        var (both, either) = (0, 0);
        for (var i = 0; i < first.Length; i++)
        {
            both += first[i] & second[i];
            either += first[i] | second[i];
        }

        return (double)both / either;
    }

    private static List<(string Category, byte[] Mask)> Segments(JsonElement result) =>
        [.. result.GetProperty("panoptic").GetProperty("segments_info").EnumerateArray().Select(static segment =>
        {
            var rle = segment.GetProperty("segmentation");
            var (height, width) = (rle.GetProperty("size")[0].GetInt32(), rle.GetProperty("size")[1].GetInt32());
            var mask = new byte[height * width];
            new CocoRle(height, width, rle.GetProperty("counts").GetString()!).Decode(mask);
            return (segment.GetProperty("category").GetString()!, mask);
        })];

    private static double Sum(string metrics, string name) => Sample().Matches(metrics)
        .Where(match => match.Groups["name"].Value == name)
        .Sum(static match => double.Parse(match.Groups["value"].ValueSpan, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^(?<name>[a-z0-9_]+)(\{[^}]*\})? (?<value>[0-9.eE+-]+)", RegexOptions.Multiline)]
    private static partial Regex Sample();
}
