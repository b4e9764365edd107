using System.Text.Json;

namespace EcoM2F.Benchmarks.Load;

/// <summary>The quality of every photo at every point, from a file of <c>ecom2f derive</c>.</summary>
internal sealed class ServedQuality
{
    private readonly Dictionary<(string Image, int Size, int Depth), double> _quality = [];

    /// <param name="rows">Rows over points of several sizes.</param>
    public ServedQuality(string rows)
    {
        foreach (var line in File.ReadLines(rows).Where(static line => line.Length > 0))
        {
            using var row = JsonDocument.Parse(line);
            var image = Path.GetFileName(row.RootElement.GetProperty("image").GetString()!);
            var quality = row.RootElement.GetProperty("quality").EnumerateArray().Select(static value => value.GetDouble()).ToArray();
            foreach (var (i, point) in row.RootElement.GetProperty("points").EnumerateArray().Index())
            {
                _quality[(image, point.GetProperty("size").GetInt32(), point.GetProperty("depth").GetInt32())] = quality[i];
            }
        }
    }

    public bool Knows(string image) => _quality.Keys.Any(key => key.Image == image);

    /// <returns>100 times the mean over answers that were served.</returns>
    public double Mean(IReadOnlyList<string> names, IEnumerable<OverloadAnswer> answers) =>
        100 * answers.Where(static answer => answer.IsServed).Select(answer => _quality[(names[answer.Photo], answer.Size, answer.Depth)]).DefaultIfEmpty(0).Average();

    /// <returns>100 times the mean over all photos at one point.</returns>
    public double Mean(IReadOnlyList<string> names, int size, int depth) => 100 * names.Average(name => _quality[(name, size, depth)]);
}
