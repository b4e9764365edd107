using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Quantization;

/// <summary>What photographs say about the convolutions of one stage.</summary>
/// <param name="graph">Of the stage.</param>
/// <param name="convolutions">Of the graph; their weights differ.</param>
internal sealed class Calibration(ModelProto graph, IReadOnlyList<ObservedConvolution> convolutions)
{
    private readonly Dictionary<string, (double Sum, int Count)> _extremes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, InputMoments> _moments = convolutions.ToDictionary(static one => one.Weight, static one => new InputMoments(one.Window), StringComparer.Ordinal);

    /// <summary>The graph that gives what is added; null where there are no convolutions.</summary>
    public ModelProto? Observed => convolutions.Count == 0 ? null : ObservedGraph.Of(graph, convolutions);

    /// <param name="output">Of <see cref="Observed"/>.</param>
    /// <param name="values">Of one photograph.</param>
    public void Add(string output, ReadOnlySpan<float> values, ReadOnlySpan<long> shape)
    {
        if (!output.EndsWith(ObservedGraph.Whole, StringComparison.Ordinal))
        {
            var (sum, count) = _extremes.GetValueOrDefault(output);
            _extremes[output] = (sum + values[0], count + 1);
            return;
        }

        var input = output[..^ObservedGraph.Whole.Length];
        foreach (var convolution in convolutions.Where(one => one.Input == input))
        {
            _moments[convolution.Weight].Add(values, shape);
        }
    }

    /// <summary>By weights.</summary>
    /// <exception cref="InvalidOperationException">No photograph was seen.</exception>
    public IEnumerable<KeyValuePair<string, ConvolutionCalibration>> Layers =>
        convolutions.Select(one => KeyValuePair.Create(one.Weight, new ConvolutionCalibration(RangeOf(one.Input), RangeOf(one.Output), _moments[one.Weight])));

    /// <summary>
    /// From the mean of the photographs' least numbers to that of their largest: what lies beyond in some of them is cut off, which costs less
    /// than wider steps for all the rest.
    /// </summary>
    private ActivationRange RangeOf(string value) => ActivationRange.Of(MeanOf(value + ObservedGraph.Least), MeanOf(value + ObservedGraph.Largest));

    private float MeanOf(string output) => _extremes.TryGetValue(output, out var seen) ? (float)(seen.Sum / seen.Count) : throw new InvalidOperationException($"{output} was not observed.");
}

/// <param name="Input">Of what a convolution reads.</param>
/// <param name="Output">Of what it gives, after the ReLU or ReLU6 that alone reads it.</param>
/// <param name="Moments">Of what its weights are multiplied with; null: not known.</param>
internal sealed record ConvolutionCalibration(ActivationRange Input, ActivationRange Output, InputMoments? Moments = null);
