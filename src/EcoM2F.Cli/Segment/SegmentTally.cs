namespace EcoM2F.Cli.Segment;

/// <summary>What a run counts while it goes over its images. Not thread-safe.</summary>
internal sealed class SegmentTally
{
    private readonly SortedDictionary<int, int> _depths = [];
    private readonly SortedDictionary<string, ClassCount> _classes = new(StringComparer.Ordinal);
    private readonly List<(string Image, string Why)> _failed = [];
    private long _layers;
    private double _gmacs;
    private double _saved;

    public int Done { get; private set; }

    /// <summary>Images by depth, the shallowest first.</summary>
    public IReadOnlyDictionary<int, int> Depths => _depths;

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, ClassCount> Classes => _classes;

    /// <summary>By path.</summary>
    public IReadOnlyList<(string Image, string Why)> Failed => [.. _failed.OrderBy(static failure => failure.Image, StringComparer.Ordinal)];

    /// <summary>Null before the first image is done, as are the next two.</summary>
    public double? MeanDepth => Done == 0 ? null : (double)_layers / Done;

    /// <summary>Of an image, on average.</summary>
    public double? Gmacs => Done == 0 ? null : _gmacs / Done;

    /// <summary>Share of an image's multiply-adds, on average.</summary>
    public double? Saved => Done == 0 ? null : _saved / Done;

    /// <summary>For the line of progress.</summary>
    public string Status => string.Join(
        ", ",
        ((string?[])[
            MeanDepth is { } depth ? FormattableString.Invariant($"mean depth {depth:0.00}") : null,
            _failed.Count > 0 ? $"{_failed.Count} failed" : null,
        ]).OfType<string>());

    public void Add(ImageTally image)
    {
        var depth = image.Compute.Decision.Point.Depth;
        _depths[depth] = _depths.GetValueOrDefault(depth) + 1;
        _layers += depth;
        _gmacs += image.Compute.Gmacs;
        _saved += image.Compute.Saved;
        Done++;
        foreach (var (name, segments) in image.Classes.CountBy(static name => name))
        {
            var before = _classes.GetValueOrDefault(name);
            _classes[name] = new ClassCount(before.Images + 1, before.Segments + segments);
        }
    }

    public void AddFailure(string image, string why) => _failed.Add((image, why));
}

/// <param name="Images">That have the class.</param>
/// <param name="Segments">Segments, instances or boxes of it in all of them.</param>
internal readonly record struct ClassCount(int Images, int Segments);
