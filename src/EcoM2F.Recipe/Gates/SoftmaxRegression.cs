using System.Numerics.Tensors;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Logistic regression over exits on standardised features by Adam (Kingma and Ba, ICLR 2015) on small batches, with an L2 penalty on
/// the weights. Validation images, where there are any, end it when they no longer gain. What comes back reads features as they are.
/// </summary>
internal sealed class SoftmaxRegression
{
    private const int MaxRounds = 60;

    /// <summary>Rounds without a better validation loss after which training ends.</summary>
    private const int Patience = 5;

    private const double Step = 0.01;
    private const double Momentum = 0.9;
    private const double SquareMomentum = 0.999;
    private const double Tiny = 1e-8;

    private readonly GateData _data;
    private readonly int[] _images;
    private readonly int[] _targets;
    private readonly ulong _seed;
    private readonly double[] _mean;
    private readonly double[] _deviation;

    public SoftmaxRegression(GateData data, int[] images, int[] targets, ulong seed)
    {
        (_data, _images, _targets, _seed) = (data, images, targets, seed);
        (_mean, _deviation) = Standardise(data, images);
    }

    /// <summary>Trains for so many rounds.</summary>
    public AffineMap Fit(double penalty, int rounds)
    {
        var run = new Run(this, penalty);
        for (var round = 0; round < rounds; round++)
        {
            run.Round(round);
        }

        return run.Raw();
    }

    /// <returns>After how many rounds the validation images' loss was least, and that loss.</returns>
    public (int Rounds, double Loss) FitUntil(double penalty, int[] validation)
    {
        var run = new Run(this, penalty);
        var best = (Rounds: 0, Loss: SoftmaxLoss.Mean(_data, validation, _targets, run.Raw()));
        for (var round = 0; round < MaxRounds && round - best.Rounds < Patience; round++)
        {
            run.Round(round);
            var loss = SoftmaxLoss.Mean(_data, validation, _targets, run.Raw());
            best = loss < best.Loss ? (round + 1, loss) : best;
        }

        return best;
    }

    private static (double[] Mean, double[] Deviation) Standardise(GateData data, int[] images)
    {
        var (sum, squares) = (new double[data.Width], new double[data.Width]);
        foreach (var image in images)
        {
            var feature = data.Feature(image);
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += feature[i];
                squares[i] += (double)feature[i] * feature[i];
            }
        }

        var deviation = new double[data.Width];
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] /= images.Length;
            var variance = (squares[i] / images.Length) - (sum[i] * sum[i]);
            deviation[i] = variance > 1e-12 ? Math.Sqrt(variance) : 1;
        }

        return (sum, deviation);
    }

    /// <summary>One training: weights, and what Adam remembers of their gradients.</summary>
    private sealed class Run
    {
        private readonly SoftmaxRegression _regression;
        private readonly double _penalty;
        private readonly AffineMap _map;
        private readonly AffineMap _gradient;
        private readonly Adam _weight;
        private readonly Adam _bias;

        public Run(SoftmaxRegression regression, double penalty)
        {
            (_regression, _penalty) = (regression, penalty);
            var (outputs, width) = (regression._data.Exits.Count, regression._data.Width);
            (_map, _gradient) = (new AffineMap(outputs, width), new AffineMap(outputs, width));
            (_weight, _bias) = (new Adam(outputs * width), new Adam(outputs));

            // Starts from how often each exit is best; one that never is, as if it had been half a time.
            for (var k = 0; k < outputs; k++)
            {
                var count = regression._images.Count(image => regression._targets[image] == k);
                _map.Bias[k] = Math.Log((count + 0.5) / (regression._images.Length + (0.5 * outputs)));
            }
        }

        public AffineMap Raw() => _map.Unfold(_regression._mean, _regression._deviation);

        /// <summary>Every image once, in an order of its own.</summary>
        public void Round(int round)
        {
            var images = _regression._images;
            var order = Folds.Order(images.Length, _regression._seed, (ulong)round + 1);
            var batch = new int[Math.Min(Math.Clamp(images.Length / 16, 16, 512), images.Length)];
            for (var start = 0; start < images.Length; start += batch.Length)
            {
                var size = Math.Min(batch.Length, images.Length - start);
                for (var i = 0; i < size; i++)
                {
                    batch[i] = images[order[start + i]];
                }

                Descend(batch.AsSpan(0, size));
            }
        }

        private void Descend(ReadOnlySpan<int> batch)
        {
            SoftmaxLoss.Gradient(_regression._data, batch, _regression._targets, Raw(), _gradient);
            for (var k = 0; k < _map.Outputs; k++)
            {
                // d/dw of w (x - mean) / deviation + b, from the derivative by the weight of x alone
                var row = _gradient.Row(k);
                TensorPrimitives.MultiplyAdd(_regression._mean, -_gradient.Bias[k], row, row);
                TensorPrimitives.Divide(row, _regression._deviation, row);
                TensorPrimitives.MultiplyAdd(_map.Row(k), _penalty, row, row);
            }

            _weight.Descend(_map.Weight, _gradient.Weight);
            _bias.Descend(_map.Bias, _gradient.Bias);
        }
    }

    private sealed class Adam(int size)
    {
        private readonly double[] _first = new double[size];
        private readonly double[] _second = new double[size];
        private int _steps;

        public void Descend(double[] values, double[] gradient)
        {
            _steps++;
            var (first, second) = (1 - Math.Pow(Momentum, _steps), 1 - Math.Pow(SquareMomentum, _steps));
            for (var i = 0; i < values.Length; i++)
            {
                _first[i] += (1 - Momentum) * (gradient[i] - _first[i]);
                _second[i] += (1 - SquareMomentum) * ((gradient[i] * gradient[i]) - _second[i]);
                values[i] -= Step * (_first[i] / first) / (Math.Sqrt(_second[i] / second) + Tiny);
            }
        }
    }
}
