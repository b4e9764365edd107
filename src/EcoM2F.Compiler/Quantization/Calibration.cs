using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Quantization;

/// <summary>What photographs say about the layers of one graph.</summary>
/// <param name="graph">Of which the layers are.</param>
/// <param name="layers">Their weights differ.</param>
internal sealed class Calibration(ModelProto graph, IReadOnlyList<ObservedLayer> layers)
{
    private readonly Dictionary<string, (double Sum, int Count)> _extremes = new(StringComparer.Ordinal);

    /// <summary>By what is read: layers that read the same share them.</summary>
    private readonly Dictionary<(string Input, ConvolutionWindow? Window), InputMoments> _moments = layers
        .DistinctBy(KeyOf).ToDictionary(KeyOf, static layer => new InputMoments(layer.Groups, layer.Inputs));

    /// <summary>The graph that gives what is added; null where there is no layer.</summary>
    public ModelProto? Observed => layers.Count == 0 ? null : ObservedGraph.Of(graph, layers);

    /// <param name="output">Of <see cref="Observed"/>.</param>
    /// <param name="values">Of one photograph.</param>
    public void Add(string output, ReadOnlySpan<float> values, ReadOnlySpan<long> shape)
    {
        if (output.EndsWith(ObservedGraph.Rows, StringComparison.Ordinal))
        {
            _moments[(output[..^ObservedGraph.Rows.Length], null)].Add(values);
        }
        else if (output.EndsWith(ObservedGraph.Whole, StringComparison.Ordinal))
        {
            var input = output[..^ObservedGraph.Whole.Length];
            foreach (var ((read, window), moments) in _moments)
            {
                if (read == input && window is not null)
                {
                    moments.Add(window.Columns(values, (int)shape[2], (int)shape[3]));
                }
            }
        }
        else
        {
            var (sum, count) = _extremes.GetValueOrDefault(output);
            _extremes[output] = (sum + values[0], count + 1);
        }
    }

    /// <summary>By weights.</summary>
    /// <exception cref="InvalidOperationException">No photograph was seen.</exception>
    public IEnumerable<KeyValuePair<string, LayerCalibration>> Layers =>
        layers.Select(layer => KeyValuePair.Create(layer.Weight, new LayerCalibration(
            layer.HasInputRange ? RangeOf(layer.Input) : null,
            layer.Output is { } output ? RangeOf(output) : null,
            _moments[KeyOf(layer)])));

    private static (string Input, ConvolutionWindow? Window) KeyOf(ObservedLayer layer) => (layer.Input, layer.Window);

    /// <summary>
    /// From the mean of the photographs' least numbers to that of their largest: what lies beyond in some of them is cut off, which costs less
    /// than wider steps for all the rest.
    /// </summary>
    private ActivationRange RangeOf(string value) => ActivationRange.Of(MeanOf(value + ObservedGraph.Least), MeanOf(value + ObservedGraph.Largest));

    private float MeanOf(string output) => _extremes.TryGetValue(output, out var seen) ? (float)(seen.Sum / seen.Count) : throw new InvalidOperationException($"{output} was not observed.");
}

/// <param name="Input">Range of what is read; null: a product that finds it as it runs.</param>
/// <param name="Output">Range of what a convolution gives, after the ReLU or ReLU6 that alone reads it; null: a product, which gives floats.</param>
/// <param name="Moments">Of what the weights are multiplied with; null: not known.</param>
internal sealed record LayerCalibration(ActivationRange? Input = null, ActivationRange? Output = null, InputMoments? Moments = null);
