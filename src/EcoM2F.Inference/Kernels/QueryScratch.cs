namespace EcoM2F.Inference.Kernels;

/// <summary>
/// What one query's samples come down to, a column per quantity: four cells of the value map and a weight for each. Lies on the
/// stack of the thread that works on a block of queries.
/// </summary>
internal readonly unsafe struct QueryScratch
{
    private const int Columns = 13;

    /// <param name="memory">At least <see cref="Length"/> floats.</param>
    public QueryScratch(float* memory, int samples)
    {
        float* Column(int index) => memory + ((long)index * samples);
        Shifted = Column(0);
        Attention = Column(1);
        ReferenceX = Column(2);
        ReferenceY = Column(3);
        TopLeft = Column(4);
        TopRight = Column(5);
        BottomLeft = Column(6);
        BottomRight = Column(7);
        TopLeftCell = (int*)Column(8);
        TopRightCell = (int*)Column(9);
        BottomLeftCell = (int*)Column(10);
        BottomRightCell = (int*)Column(11);
        Scale = Column(12);
    }

    /// <summary>Logits less the largest of their head.</summary>
    public readonly float* Shifted;

    /// <summary>Their exponentials.</summary>
    public readonly float* Attention;

    /// <summary>Per head: 1 / sum of its exponentials.</summary>
    public readonly float* Scale;

    /// <summary>Where the query looks from, 0 to 1, per sample.</summary>
    public readonly float* ReferenceX;

    public readonly float* ReferenceY;

    /// <summary>Weights of the four cells; 0 where the cell would lie outside.</summary>
    public readonly float* TopLeft;

    public readonly float* TopRight;

    public readonly float* BottomLeft;

    public readonly float* BottomRight;

    /// <summary>Tokens of the four cells; always a token of the sample's level.</summary>
    public readonly int* TopLeftCell;

    public readonly int* TopRightCell;

    public readonly int* BottomLeftCell;

    public readonly int* BottomRightCell;

    /// <summary>Floats of memory for this many samples.</summary>
    public static int Length(int samples) => Columns * samples;
}
