namespace EcoM2F.Compiler.Quantization;

/// <summary>What int8 graphs are made from.</summary>
/// <param name="layers">By name of the weights.</param>
/// <param name="read">The fp32 values of a tensor of the weights file, by name.</param>
internal sealed class Int8Source(IReadOnlyDictionary<string, LayerCalibration> layers, Func<string, float[]> read)
{
    private readonly Dictionary<string, RoundedWeights> _rounded = new(StringComparer.Ordinal);

    /// <summary>Whether the layer with these weights is to be computed on 8 bits.</summary>
    public bool Has(string weight) => layers.ContainsKey(weight);

    /// <summary>Of what the layer reads; null: a product that finds it as it runs.</summary>
    public ActivationRange? InputRangeOf(string weight) => layers[weight].Input;

    /// <summary>Of what a convolution reads and gives.</summary>
    public (ActivationRange Input, ActivationRange Output) RangesOf(string weight) => layers[weight] is { Input: { } input, Output: { } output }
        ? (input, output)
        : throw new InvalidOperationException($"The convolution {weight} was not calibrated.");

    public float[] Read(string name) => read(name);

    /// <summary>Of a convolution, [outputs, ...]; rounded when they are asked for first.</summary>
    public RoundedWeights KernelsOf(string weight, int outputs) => Rounded(weight, () => RoundedWeights.Of(read(weight), outputs, layers[weight].Moments));

    /// <summary>Of a product, [inputs, outputs]; rounded when they are asked for first.</summary>
    public RoundedWeights MatrixOf(string weight, int outputs) => Rounded(weight, () =>
    {
        var rounded = RoundedWeights.Of(Int8Weights.Transpose<float>(read(weight), outputs), outputs, layers[weight].Moments);
        return rounded with { Bytes = Int8Weights.Transpose<sbyte>(rounded.Bytes, rounded.Bytes.Length / outputs) };
    });

    private RoundedWeights Rounded(string weight, Func<RoundedWeights> round)
    {
        if (!_rounded.TryGetValue(weight, out var rounded))
        {
            _rounded[weight] = rounded = round();
        }

        return rounded;
    }
}
