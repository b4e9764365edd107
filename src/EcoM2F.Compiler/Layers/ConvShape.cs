namespace EcoM2F.Compiler.Layers;

/// <param name="Kernel">Pixels, both ways.</param>
internal readonly record struct ConvShape(int Inputs, int Outputs, int Kernel, int Stride = 1, int Groups = 1, bool Bias = true)
{
    private readonly int? _padding;

    /// <summary>Pixels of zeros on every side.</summary>
    /// <value>Half of the kernel.</value>
    public int Padding
    {
        get => _padding ?? Kernel / 2;
        init => _padding = value;
    }
}
