namespace EcoM2F.Compiler.Layers;

/// <param name="Kernel">Pixels, both ways.</param>
internal readonly record struct ConvShape(int Inputs, int Outputs, int Kernel, int Stride = 1, int Groups = 1, bool Bias = true)
{
    private readonly int? _padding;
    private readonly int? _dilation;

    /// <summary>Pixels from one of the kernel's to the next.</summary>
    /// <value>1.</value>
    public int Dilation
    {
        get => _dilation ?? 1;
        init => _dilation = value;
    }

    /// <summary>Pixels of zeros on every side.</summary>
    /// <value>Half of the kernel, as far as it is spread.</value>
    public int Padding
    {
        get => _padding ?? Kernel / 2 * Dilation;
        init => _padding = value;
    }
}
