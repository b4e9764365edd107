using System.Numerics.Tensors;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Logistic regression over exits, or points, on standardised features by Adam (Kingma and Ba, ICLR 2015) on small batches, with an L2 penalty on
/// the weights. Validation images, where there are any, end it when they no longer gain. Length is counted in turns of a fixed number
/// of steps, not in passes over the images: it is bounded for any number of images, and carries over from some of them to all.
/// What comes back reads features as they are.
/// </summary>
internal sealed class SoftmaxRegression
{
    private const int MaxTurns = 60;

    private const int StepsPerTurn = 16;

    private const int SmallestBatch = 16;
    private const int LargestBatch = 128;

    /// <summary>Turns without a better validation loss after which training ends.</summary>
    private const int Patience = 5;

    private const double Step = 0.01;
    private const double Momentum = 0.9;
    private const double SquareMomentum = 0.999;
    private const double Tiny = 1e-8;

    private readonly GateData _data;
    private readonly int[] _images;
    private readonly ulong _seed;
    private readonly double[] _mean;
    private readonly double[] _deviation;

    /// <param name="images">Those that train; standardised once, for whatever their targets are.</param>
    public SoftmaxRegression(GateData data, int[] images, ulong seed)
    {
        (_data, _images, _seed) = (data, images, seed);
        (_mean, _deviation) = Standardise(data, images);
    }

    /// <summary>Trains for so many turns.</summary>
    /// <param name="targets">Index of the best exit, by image of the data.</param>
    public AffineMap Fit(int[] targets, double penalty, int turns)
    {
        var run = new Run(this, targets, penalty);
        for (var turn = 0; turn < turns; turn++)
        {
            run.Turn();
        }

        return run.Raw();
    }

    /// <returns>After how many turns the validation images' loss was least, and that loss.</returns>
    public (int Turns, double Loss) FitUntil(int[] targets, double penalty, int[] validation)
    {
        var run = new Run(this, targets, penalty);
        var best = (Turns: 0, Loss: SoftmaxLoss.Mean(_data, validation, targets, run.Raw()));
        for (var turn = 0; turn < MaxTurns && turn - best.Turns < Patience; turn++)
        {
            run.Turn();
            var loss = SoftmaxLoss.Mean(_data, validation, targets, run.Raw());
            best = loss < best.Loss ? (turn + 1, loss) : best;
        }

        return best;
    }

    private static (double[] Mean, double[] Deviation) Standardise(GateData data, int[] images)
    {
        var (sum, squares, x) = (new double[data.Width], new double[data.Width], new double[data.Width]);
        foreach (var image in images)
        {
            TensorPrimitives.ConvertTruncating<float, double>(data.Feature(image), x);
            TensorPrimitives.Add(sum, x, sum);
            TensorPrimitives.MultiplyAdd<double>(x, x, squares, squares);
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
        private readonly int[] _targets;
        private readonly double _penalty;
        private readonly AffineMap _map;
        private readonly AffineMap _gradient;
        private readonly Adam _weight;
        private readonly Adam _bias;
        private readonly int[] _batch;
        private int[] _order = [];
        private int _next;
        private ulong _passes;

        public Run(SoftmaxRegression regression, int[] targets, double penalty)
        {
            (_regression, _targets, _penalty) = (regression, targets, penalty);
            var (outputs, width) = (regression._data.Points.Count, regression._data.Width);
            (_map, _gradient) = (new AffineMap(outputs, width), new AffineMap(outputs, width));
            (_weight, _bias) = (new Adam(outputs * width), new Adam(outputs));
            var images = regression._images.Length;
            _batch = new int[Math.Min(Math.Clamp(images / StepsPerTurn, SmallestBatch, LargestBatch), images)];

            // Starts from how often each exit is best; one that never is, as if it had been half a time.
            var counts = new int[outputs];
            foreach (var image in regression._images)
            {
                counts[targets[image]]++;
            }

            for (var k = 0; k < outputs; k++)
            {
                _map.Bias[k] = Math.Log((counts[k] + 0.5) / (images + (0.5 * outputs)));
            }
        }

        public AffineMap Raw() => _map.Unfold(_regression._mean, _regression._deviation);

        public void Turn()
        {
            for (var step = 0; step < StepsPerTurn; step++)
            {
                foreach (ref var image in _batch.AsSpan())
                {
                    image = Next();
                }

                Descend(_batch);
            }
        }

        /// <summary>Every image once, then all in another order.</summary>
        private int Next()
        {
            if (_next == _order.Length)
            {
                _order = Folds.Order(_regression._images.Length, _regression._seed, ++_passes);
                _next = 0;
            }

            return _regression._images[_order[_next++]];
        }

        private void Descend(ReadOnlySpan<int> batch)
        {
            SoftmaxLoss.Gradient(_regression._data, batch, _targets, Raw(), _gradient);
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
