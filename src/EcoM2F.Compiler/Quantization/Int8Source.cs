namespace EcoM2F.Compiler.Quantization;

/// <summary>What int8 graphs are made from.</summary>
/// <param name="layers">By name of the weights; a product has no calibration.</param>
/// <param name="read">The fp32 values of a tensor of the weights file, by name.</param>
internal sealed class Int8Source(IReadOnlyDictionary<string, ConvolutionCalibration?> layers, Func<string, float[]> read)
{
    private readonly Dictionary<string, RoundedKernels> _rounded = new(StringComparer.Ordinal);

    /// <summary>Whether the layer with these weights is to be computed on 8 bits.</summary>
    public bool Has(string weight) => layers.ContainsKey(weight);

    /// <summary>Of a convolution.</summary>
    public ConvolutionCalibration CalibrationOf(string weight) => layers[weight] ?? throw new InvalidOperationException($"The convolution {weight} was not calibrated.");

    public float[] Read(string name) => read(name);

    /// <summary>Of a convolution; rounded when they are asked for first.</summary>
    public RoundedKernels KernelsOf(string weight, int outputs)
    {
        if (!_rounded.TryGetValue(weight, out var rounded))
        {
            var kernels = read(weight);
            _rounded[weight] = rounded = RoundedKernels.Of(kernels, Int8Weights.ScalesOfRows(kernels, outputs), CalibrationOf(weight).Moments);
        }

        return rounded;
    }
}
