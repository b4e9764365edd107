namespace EcoM2F.Compiler.Tests;

/// <summary>What a graph takes and gives: floats, or the sizes of levels.</summary>
internal sealed record NamedTensor(long[] Shape, float[] Floats, long[]? Integers = null)
{
    public static NamedTensor Random(Random random, float scale, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, static (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)((random.NextDouble() * 2) - 1) * scale;
        }

        return new NamedTensor(shape, values);
    }

    /// <summary>One entry of the first dimension.</summary>
    public NamedTensor Row(int index)
    {
        var length = Floats.Length / (int)Shape[0];
        return new NamedTensor([1, .. Shape[1..]], Floats[(index * length)..((index + 1) * length)]);
    }
}
