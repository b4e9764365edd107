namespace EcoM2F.Inference.Kernels;

/// <summary>
/// The few operations that our kernels are made of, on vectors of one width. A kernel is written once and compiled for every width;
/// the runtime inlines these.
/// </summary>
/// <typeparam name="TFloat">A vector of 32-bit floats.</typeparam>
/// <typeparam name="TInt">A vector of as many 32-bit integers.</typeparam>
internal unsafe interface ILanes<TFloat, TInt>
    where TFloat : struct
    where TInt : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    static abstract TFloat Zero { get; }

    static abstract TFloat Load(float* source);

    static abstract TInt Load(int* source);

    /// <summary>Reads x, y, x, y, ... into a vector of each: 2 x <see cref="Count"/> floats.</summary>
    static abstract (TFloat X, TFloat Y) LoadPairs(float* source);

    static abstract void Store(TFloat value, float* target);

    static abstract void Store(TInt value, int* target);

    /// <summary>Writes a float of x, one of y, the next of x, and so on: 2 x <see cref="Count"/> floats.</summary>
    static abstract void StorePairs(TFloat x, TFloat y, float* target);

    static abstract TFloat Broadcast(float value);

    static abstract TFloat Add(TFloat a, TFloat b);

    static abstract TInt Add(TInt a, TInt b);

    static abstract TFloat Subtract(TFloat a, TFloat b);

    static abstract TFloat Multiply(TFloat a, TFloat b);

    static abstract TInt Multiply(TInt a, TInt b);

    /// <summary>a * b + c, rounded once where the machine can.</summary>
    static abstract TFloat MultiplyAdd(TFloat a, TFloat b, TFloat c);

    static abstract TFloat Max(TFloat a, TFloat b);

    static abstract TFloat Floor(TFloat value);

    /// <summary>To the last digit or two, as the runtime's library has it.</summary>
    static abstract TFloat Exp(TFloat value);

    /// <summary>The value where 0 &lt;= place &lt;= last, elsewhere 0; a place that is not a number is elsewhere.</summary>
    static abstract TFloat WhereInside(TFloat place, TFloat last, TFloat value);

    /// <summary>Whole numbers that an int can hold, exactly.</summary>
    static abstract TInt ToInt(TFloat value);
}
