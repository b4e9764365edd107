using EcoM2F.Compiler.Quantization;

namespace EcoM2F.Compiler.Tests.Quantization;

public sealed class RoundedWeightsTests
{
    private const int Inputs = 24;
    private const int Outputs = 10;
    private const int Places = 30 * 30;

    private readonly float[] _weights = Normal(1, Outputs * Inputs);
    private readonly float[] _scales;
    private readonly float[] _input; // [inputs, places]: few causes behind many channels, none of them about 0

    public RoundedWeightsTests()
    {
        _scales = Int8Weights.ScalesOf(_weights, Outputs);
        var (causes, mixture, noise) = (Normal(2, 4 * Places), Normal(3, Inputs * 4), Normal(4, Inputs * Places));
        _input = [.. Enumerable.Range(0, Inputs * Places).Select(i => 1 + (0.1f * noise[i]) + Enumerable.Range(0, 4).Sum(cause => mixture[(i / Places * 4) + cause] * causes[(cause * Places) + (i % Places)]))];
    }

    [Fact]
    public void Of_NothingKnownOfTheInput_RoundsToNearest()
    {
        var rounded = RoundedWeights.Of(_weights, Outputs, moments: null);

        Assert.Equal(_weights.Select((weight, i) => (sbyte)MathF.Round(weight / _scales[i / Inputs])), rounded.Bytes);
        Assert.All(rounded.Shift, static shift => Assert.Equal(0, shift));
    }

    /// <summary>The layer's result is what should be near, not its weights.</summary>
    [Fact]
    public void Of_ChannelsThatGoTogether_GiveASumThatIsNearer()
    {
        var moments = Moments(_input);
        var (nearest, rounded) = (Errors(RoundedWeights.Of(_weights, Outputs, moments: null)), Errors(RoundedWeights.Of(_weights, Outputs, moments)));

        Assert.True(Square(rounded) < 0.2 * Square(nearest), $"{Square(rounded)} of {Square(nearest)}");
        Assert.All(Enumerable.Range(0, Outputs), output => Assert.Equal(0, rounded.Skip(output * Places).Take(Places).Average(), 0.002));
        Assert.All(RoundedWeights.Of(_weights, Outputs, moments).Bytes, static weight => Assert.InRange(weight, -Int8Weights.Largest, Int8Weights.Largest));
    }

    /// <summary>With one channel in a group there is nobody to make up for an error but the bias.</summary>
    [Fact]
    public void Of_ConstantInput_RoundsToNearestAndShiftsTheBias()
    {
        float[] constant = [.. Enumerable.Repeat(2f, Inputs * Places)];
        var rounded = RoundedWeights.Of(_weights, Outputs, Moments(constant));

        Assert.Equal(RoundedWeights.Of(_weights, Outputs, moments: null).Bytes, rounded.Bytes);
        Assert.All(rounded.Shift.Select((shift, output) => (shift, output)), pair => Assert.Equal(
            2 * Enumerable.Range(0, Inputs).Sum(i => _weights[(pair.output * Inputs) + i] - (rounded.Bytes[(pair.output * Inputs) + i] * _scales[pair.output])), pair.shift, 1e-4));
    }

    /// <summary>Far from 0 a covariance of floats is mostly their rounding.</summary>
    [Fact]
    public void Of_InputThatHardlyVaries_IsRoundedAllTheSame()
    {
        var rounded = RoundedWeights.Of(_weights, Outputs, Moments([.. _input.Select(static value => 1000 + (1e-4f * value))]));

        Assert.All(rounded.Bytes.Zip(RoundedWeights.Of(_weights, Outputs, moments: null).Bytes), static pair => Assert.InRange(pair.First - pair.Second, -1, 1));
    }

    [Fact]
    public void Of_Groups_EachByItsOwnInput()
    {
        var moments = new InputMoments(groups: 2, Inputs);
        moments.Add([.. _input, .. Enumerable.Repeat(0f, Inputs * Places)]);
        float[] weights = [.. _weights, .. _weights];

        var rounded = RoundedWeights.Of(weights, 2 * Outputs, moments);

        Assert.Equal(RoundedWeights.Of(_weights, Outputs, Moments(_input)).Bytes, rounded.Bytes[..(Outputs * Inputs)]);
        Assert.Equal(RoundedWeights.Of(_weights, Outputs, moments: null).Bytes, rounded.Bytes[(Outputs * Inputs)..]);
    }

    private static InputMoments Moments(float[] input)
    {
        var moments = new InputMoments(groups: 1, Inputs);
        moments.Add(input);
        return moments;
    }

    /// <returns>[outputs, places]: what the rounded layer gives too little, its bias included.</returns>
    private double[] Errors(RoundedWeights rounded) =>
        [.. Enumerable.Range(0, Outputs * Places).Select(at => Enumerable.Range(0, Inputs).Sum(i => ((double)_weights[(at / Places * Inputs) + i] - (rounded.Bytes[(at / Places * Inputs) + i] * _scales[at / Places])) * _input[(i * Places) + (at % Places)]) - rounded.Shift[at / Places])];

    private static double Square(double[] errors) => errors.Sum(static error => error * error);

    private static float[] Normal(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }
}
