using System.Numerics.Tensors;

namespace EcoM2F.Recipe.Gates;

/// <summary>Mean cross-entropy of a softmax over exits against the best one, and its gradient.</summary>
internal static class SoftmaxLoss
{
    /// <param name="map">Reads features as they are.</param>
    /// <param name="targets">Index of the best exit, by image of the data.</param>
    public static double Mean(GateData data, ReadOnlySpan<int> images, ReadOnlySpan<int> targets, AffineMap map)
    {
        var (x, scores, sum) = (new double[data.Width], new double[map.Outputs], 0.0);
        foreach (var image in images)
        {
            sum += Loss(data, image, targets[image], map, x, scores);
        }

        return sum / images.Length;
    }

    /// <summary>Sets <paramref name="gradient"/> to the mean's derivative by weight and bias.</summary>
    public static void Gradient(GateData data, ReadOnlySpan<int> images, ReadOnlySpan<int> targets, AffineMap map, AffineMap gradient)
    {
        Array.Clear(gradient.Weight);
        Array.Clear(gradient.Bias);
        var (x, scores) = (new double[data.Width], new double[map.Outputs]);
        foreach (var image in images)
        {
            Loss(data, image, targets[image], map, x, scores);
            TensorPrimitives.SoftMax<double>(scores, scores);
            scores[targets[image]]--;
            for (var k = 0; k < scores.Length; k++)
            {
                var share = scores[k] / images.Length;
                TensorPrimitives.MultiplyAdd(x, share, gradient.Row(k), gradient.Row(k));
                gradient.Bias[k] += share;
            }
        }
    }

    private static double Loss(GateData data, int image, int target, AffineMap map, double[] x, double[] scores)
    {
        TensorPrimitives.ConvertTruncating<float, double>(data.Feature(image), x);
        map.Apply(x, scores);
        var most = TensorPrimitives.Max<double>(scores);
        var sum = 0.0;
        foreach (var score in scores)
        {
            sum += Math.Exp(score - most);
        }

        return Math.Log(sum) + most - scores[target];
    }
}
