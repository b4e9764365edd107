using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Tests.Kernels;

/// <summary>Random tensors of one call of the sampling kernel, and two ways to work it out: the kernel, and plainly in double precision.</summary>
internal sealed unsafe class SamplingCase
{
    private readonly (int Heads, int Width, int Points) _head;
    private readonly long[] _sizes;
    private readonly int _images;
    private readonly int _tokens;
    private readonly int _queries;

    /// <param name="head">Heads, channels of one, points per level.</param>
    /// <param name="sizes">Height and width of each level.</param>
    /// <param name="queries">0: tokens are the queries. Else so many, with places of their own.</param>
    public SamplingCase((int Heads, int Width, int Points) head, (int Height, int Width)[] sizes, int images = 1, int queries = 0, int seed = 1)
    {
        (_head, _images) = (head, images);
        _sizes = [.. sizes.SelectMany(static size => new long[] { size.Height, size.Width })];
        _tokens = sizes.Sum(static size => size.Height * size.Width);
        _queries = queries == 0 ? _tokens : queries;
        var random = new Random(seed);
        Values = Random(random, images * _tokens * Channels, 1);
        Projected = Random(random, images * _queries * 3 * Samples, 3);
        References = queries == 0 ? null : [.. Random(random, images * queries * Levels * 2, 0.6f).Select(static v => v + 0.5f)];
    }

    public float[] Values { get; }

    public float[] Projected { get; }

    public float[]? References { get; }

    public int Channels => _head.Heads * _head.Width;

    public int Samples => _head.Heads * Levels * _head.Points;

    private int Levels => _sizes.Length / 2;

    /// <summary>The kernel, in blocks of 7 queries.</summary>
    public float[] Run(VectorWidth width)
    {
        var output = new float[_images * _queries * Channels];
        Array.Fill(output, float.NaN);
        var memory = stackalloc float[SamplingTables.Length(Samples)];
        fixed (float* values = Values, projected = Projected, references = References, target = output)
        fixed (long* sizes = _sizes)
        {
            var job = new SamplingJob
            {
                Values = values,
                Projected = projected,
                References = references,
                Output = target,
                Sizes = sizes,
                Heads = _head.Heads,
                Levels = Levels,
                Points = _head.Points,
                HeadWidth = _head.Width,
                Tokens = _tokens,
                Queries = _queries,
                EndQuery = _images * _queries,
                Width = VectorWidths.For(Math.Min(_head.Width, Samples), width),
                Tables = new SamplingTables(memory, Samples),
            };
            job.Tables.Fill(job);
            for (var first = 0L; first < job.EndQuery; first += 7)
            {
                DeformableSampling.Run(job, first, Math.Min(first + 7, job.EndQuery));
            }
        }

        return output;
    }

    /// <summary>Sample by sample.</summary>
    public double[] Reference()
    {
        var output = new double[_images * _queries * Channels];
        for (var query = 0; query < _images * _queries; query++)
        {
            for (var head = 0; head < _head.Heads; head++)
            {
                AddHead(query, head, output);
            }
        }

        return output;
    }

    private void AddHead(int query, int head, double[] output)
    {
        var perHead = Levels * _head.Points;
        var offsets = (query * 3 * Samples) + (head * perHead * 2);
        var logits = Projected.AsSpan((query * 3 * Samples) + (2 * Samples) + (head * perHead), perHead);
        var exponentials = logits.ToArray().Select(static logit => Math.Exp(logit)).ToArray();
        for (var sample = 0; sample < perHead; sample++)
        {
            var level = sample / _head.Points;
            var (height, width) = (_sizes[2 * level], _sizes[(2 * level) + 1]);
            var (x, y) = Place(query, level);
            x = (x * width) + Projected[offsets + (2 * sample)] - 0.5;
            y = (y * height) + Projected[offsets + (2 * sample) + 1] - 0.5;
            AddSample((query, head, level), x, y, exponentials[sample] / exponentials.Sum(), output);
        }
    }

    private (double X, double Y) Place(int query, int level)
    {
        if (References is not null)
        {
            return (References[((query * Levels) + level) * 2], References[(((query * Levels) + level) * 2) + 1]);
        }

        var token = query % _queries;
        var own = 0;
        for (; token >= _sizes[2 * own] * _sizes[(2 * own) + 1]; own++)
        {
            token -= (int)(_sizes[2 * own] * _sizes[(2 * own) + 1]);
        }

        var width = _sizes[(2 * own) + 1];
        return (((token % width) + 0.5) / width, ((token / width) + 0.5) / _sizes[2 * own]);
    }

    private void AddSample((int Query, int Head, int Level) at, double x, double y, double weight, double[] output)
    {
        var (height, width) = (_sizes[2 * at.Level], _sizes[(2 * at.Level) + 1]);
        var start = 0L;
        for (var level = 0; level < at.Level; level++)
        {
            start += _sizes[2 * level] * _sizes[(2 * level) + 1];
        }

        var image = at.Query / _queries * (long)_tokens;
        foreach (var (row, column) in ((double, double)[])[(Math.Floor(y), Math.Floor(x)), (Math.Floor(y), Math.Floor(x) + 1), (Math.Floor(y) + 1, Math.Floor(x)), (Math.Floor(y) + 1, Math.Floor(x) + 1)])
        {
            if (row >= 0 && row < height && column >= 0 && column < width)
            {
                var share = weight * (1 - Math.Abs(x - column)) * (1 - Math.Abs(y - row));
                var cell = (int)((image + start + ((long)row * width) + (long)column) * Channels) + (at.Head * _head.Width);
                for (var channel = 0; channel < _head.Width; channel++)
                {
                    output[(at.Query * Channels) + (at.Head * _head.Width) + channel] += share * Values[cell + channel];
                }
            }
        }
    }

    private static float[] Random(Random random, int count, float scale) =>
        [.. Enumerable.Range(0, count).Select(_ => ((2 * random.NextSingle()) - 1) * scale)];
}
