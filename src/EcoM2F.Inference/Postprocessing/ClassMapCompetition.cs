using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>Classes whose maps are planes, as <c>hf</c> has them on its grid.</summary>
internal sealed class ClassMapCompetition : ClassCompetition
{
    private readonly TileBounds _bounds;
    private readonly float[] _values;

    /// <param name="tiles">Planes are classes; disposed with this.</param>
    public ClassMapCompetition(TileResampler tiles, int classes)
        : base(tiles, classes)
    {
        _bounds = new TileBounds(tiles, classes, areLogits: false);
        _values = ImageArrays<float>.Pool.Rent(TileResampler.TileValues);
    }

    public override void Dispose()
    {
        base.Dispose();
        _bounds.Dispose();
        ImageArrays<float>.Pool.Return(_values);
    }

    protected override void BoundBand()
    {
        for (var label = 0; label < Classes; label++)
        {
            _bounds.Update(label, label);
        }
    }

    protected override (float Low, float High) BoundsOf(int label, int tile)
    {
        var at = (label * _bounds.Stride) + tile;
        return (_bounds.Low[at], _bounds.High[at]);
    }

    protected override void Compete(int tile, ReadOnlySpan<int> candidates, Span<float> best, Span<int> labels)
    {
        best.Fill(-1);
        labels.Clear();
        foreach (var label in candidates)
        {
            var values = _values.AsSpan(0, best.Length);
            Tiles.Fill(label, tile, values);
            RowKernels.TakeMaximum(values, label, best, labels);
        }
    }
}
