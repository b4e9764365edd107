namespace EcoM2F.Inference.Kernels;

/// <summary>What depends on a sample's level alone, written out for each of a query's samples so that vectors can be loaded.</summary>
internal readonly unsafe struct SamplingTables
{
    private const int Columns = 4;

    /// <param name="memory">At least <see cref="Length"/> floats.</param>
    public SamplingTables(float* memory, int samples)
    {
        Width = memory;
        Height = memory + samples;
        RowLength = (int*)(memory + (2 * samples));
        Start = (int*)(memory + (3 * samples));
    }

    /// <summary>Of the level, as floats.</summary>
    public readonly float* Width;

    public readonly float* Height;

    /// <summary>Width as integers.</summary>
    public readonly int* RowLength;

    /// <summary>First token of the level.</summary>
    public readonly int* Start;

    /// <summary>Floats of memory for this many samples.</summary>
    public static int Length(int samples) => Columns * samples;

    public void Fill(in SamplingJob job)
    {
        var sample = 0;
        for (var head = 0; head < job.Heads; head++)
        {
            var start = 0;
            for (var level = 0; level < job.Levels; level++)
            {
                var (height, width) = ((int)job.Sizes[2 * level], (int)job.Sizes[(2 * level) + 1]);
                for (var point = 0; point < job.Points; point++, sample++)
                {
                    (Width[sample], Height[sample], RowLength[sample], Start[sample]) = (width, height, width, start);
                }

                start += height * width;
            }
        }
    }
}
