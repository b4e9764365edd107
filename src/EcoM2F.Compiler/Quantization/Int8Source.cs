namespace EcoM2F.Compiler.Quantization;

/// <summary>What int8 graphs are made from.</summary>
/// <param name="layers">By name of the weights; a product has no ranges.</param>
/// <param name="read">The fp32 values of a tensor of the weights file, by name.</param>
internal sealed class Int8Source(IReadOnlyDictionary<string, LayerRanges?> layers, Func<string, float[]> read)
{
    /// <summary>Whether the layer with these weights is to be computed on 8 bits.</summary>
    public bool Has(string weight) => layers.ContainsKey(weight);

    /// <summary>Of a convolution.</summary>
    public LayerRanges RangesOf(string weight) => layers[weight] ?? throw new InvalidOperationException($"The convolution {weight} was not calibrated.");

    public float[] Read(string name) => read(name);
}

/// <param name="Input">Of what a convolution reads.</param>
/// <param name="Output">Of what it gives, after the ReLU or ReLU6 that alone reads it.</param>
internal sealed record LayerRanges(ActivationRange Input, ActivationRange Output);
