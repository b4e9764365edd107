namespace EcoM2F.Inference.Kernels;

/// <summary>One float at a time: heads narrower than any vector, and machines without vectors.</summary>
internal readonly unsafe struct ScalarLanes : ILanes<float, int>
{
    public static int Count => 1;

    public static float Zero => 0;

    public static float Load(float* source) => *source;

    public static int Load(int* source) => *source;

    public static (float X, float Y) LoadPairs(float* source) => (source[0], source[1]);

    public static void Store(float value, float* target) => *target = value;

    public static void Store(int value, int* target) => *target = value;

    public static void StorePairs(float x, float y, float* target) => (target[0], target[1]) = (x, y);

    public static float Broadcast(float value) => value;

    public static float Add(float a, float b) => a + b;

    public static int Add(int a, int b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static int Multiply(int a, int b) => a * b;

    public static float MultiplyAdd(float a, float b, float c) => float.MultiplyAddEstimate(a, b, c);

    public static float Max(float a, float b) => MathF.Max(a, b);

    public static float Floor(float value) => MathF.Floor(value);

    public static float Exp(float value) => MathF.Exp(value);

    public static float WhereInside(float place, float last, float value) => place >= 0 && place <= last ? value : 0;

    public static int ToInt(float value) => (int)value;
}
