using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>
/// Sine position embedding: the first half of the channels tells the row, the second the column. It is the sum of a table by
/// row and one by column, each zero (sin 0) in the other's half, so no more than h + w sines per channel are computed.
/// Source: DETR's normalised embedding; rows count from 1 and are divided by (last + 1e-6), temperature 10000. Deformable DETR
/// counts from a half, the middle of a row.
/// </summary>
internal static class SinePosition
{
    private const float Temperature = 10000f;
    private const float Epsilon = 1e-6f;

    /// <param name="g">Graph to add to.</param>
    /// <param name="size">int64 [2]: height, width.</param>
    /// <param name="channels">d, even.</param>
    /// <param name="shift">[d], added everywhere; none: nothing.</param>
    /// <param name="first">What the first row and column count as.</param>
    public static Value Build(GraphBuilder g, Value size, int channels, Value shift, float first = 1f) // [1, h*w, d]
    {
        var (frequencies, phases) = Waves(channels / 2);
        var zeros = new float[channels / 2];
        var rows = Table(g, Turns(g, size, 0, first), [.. frequencies, .. zeros], [.. phases, .. zeros]);
        var columns = Table(g, Turns(g, size, 1, first), [.. zeros, .. frequencies], [.. zeros, .. phases]);
        if (shift != Value.None)
        {
            rows = g.Add(rows, shift);
        }

        rows = g.Reshape(rows, -1, 1, channels);                           // [h, 1, d]
        columns = g.Reshape(columns, 1, -1, channels);                     // [1, w, d]
        return g.Reshape(g.Add(rows, columns), 1, -1, channels);           // [1, h*w, d]
    }

    private static Value Turns(GraphBuilder g, Value size, int axis, float first) // [n]
    {
        var count = g.ToFloat(g.Gather(size, g.Constant([(long)axis]), 0));
        var start = g.Scalar(first);
        var index = g.Node("Range", [start, g.Add(count, start), g.Scalar(1f)]); // first, first + 1, ...: n of them
        return g.Mul(g.Div(index, g.Add(count, g.Scalar(Epsilon))), g.Scalar(2 * MathF.PI));
    }

    private static Value Table(GraphBuilder g, Value turns, float[] frequencies, float[] phases) // [n, d]
    {
        var angle = g.Mul(g.Reshape(turns, -1, 1), g.Constant(frequencies, frequencies.Length));
        return g.Node("Sin", [g.Add(angle, g.Constant(phases, phases.Length))]);
    }

    /// <summary>Sine at even channels, cosine (a sine a quarter further) at odd ones; a pair shares its frequency.</summary>
    private static (float[] Frequencies, float[] Phases) Waves(int channels)
    {
        var frequencies = new float[channels];
        var phases = new float[channels];
        for (var i = 0; i < channels; i++)
        {
            frequencies[i] = (float)(1 / Math.Pow(Temperature, 2.0 * (i / 2) / channels));
            phases[i] = i % 2 == 0 ? 0f : MathF.PI / 2;
        }

        return (frequencies, phases);
    }
}
