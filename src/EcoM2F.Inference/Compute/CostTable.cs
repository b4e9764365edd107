using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// GMACs of a model by input size and depth, from <see cref="ModelManifest.Costs"/>. Sizes that the manifest does not list are
/// interpolated over the number of pixels, to which the cost of every stage is (all but exactly) affine.
/// </summary>
public sealed class CostTable
{
    private readonly ModelCost[] _byPixels;

    public CostTable(IEnumerable<ModelCost> costs)
    {
        _byPixels = [.. costs.OrderBy(static cost => Pixels(cost))];
        ArgumentOutOfRangeException.ThrowIfZero(_byPixels.Length, nameof(costs));
    }

    /// <summary>Cost of one image in the whole model, in GMACs.</summary>
    /// <param name="probe">Input whose stem ran to feed the gate; null: none. It costs nothing more where it is the point's own.</param>
    public double Gmacs(ComputePoint point, InputSize? probe = null) =>
        At(point.Input).At(point.Depth, point.DecoderDepth) + (probe is { } input && input != point.Input ? At(input).Stem : 0);

    /// <summary>
    /// Cost in encoder layers of the image at the model's own size: (GMACs less those of the own size's stem and decoder) / GMACs of one layer.
    /// At the own size without a probe and with the whole decoder that is the depth; what is taken off is the same for all points of an image, so it changes no choice.
    /// </summary>
    /// <param name="own">The image's input at the model's own size.</param>
    /// <param name="probe">As <see cref="Gmacs"/> has it.</param>
    public double LayerEquivalents(ComputePoint point, InputSize own, InputSize? probe = null)
    {
        var layer = At(own);
        return Math.Round((Gmacs(point, probe) - layer.Stem - layer.Decoder) / layer.Layer, 9);
    }

    /// <summary>Cost by stage for a size of the model's input.</summary>
    public ModelCost At(InputSize input)
    {
        var (height, width) = input;
        foreach (var cost in _byPixels)
        {
            if (cost.Height == height && cost.Width == width)
            {
                return cost;
            }
        }

        var pixels = (double)height * width;
        if (_byPixels.Length == 1 || Pixels(_byPixels[0]) == Pixels(_byPixels[^1]))
        {
            return Scale(_byPixels[0], pixels / Pixels(_byPixels[0]), height, width);
        }

        var upper = 1;
        while (upper < _byPixels.Length - 1 && (Pixels(_byPixels[upper]) < pixels || Pixels(_byPixels[upper]) == Pixels(_byPixels[0])))
        {
            upper++;
        }

        var (low, high) = (_byPixels[0], _byPixels[upper]);
        var t = (pixels - Pixels(low)) / (Pixels(high) - Pixels(low));
        return new ModelCost(height, width, Mix(low.Stem, high.Stem, t), Mix(low.Layer, high.Layer, t), Mix(low.Decoder, high.Decoder, t))
        {
            Adapters = Mix(low.Adapters, high.Adapters, t),
            DecoderExits = Mix(low.DecoderExits, high.DecoderExits, t),
        };
    }

    private static Dictionary<int, double>? Mix(IReadOnlyDictionary<int, double>? low, IReadOnlyDictionary<int, double>? high, double t) =>
        low?.ToDictionary(static exit => exit.Key, exit => Mix(exit.Value, high?.GetValueOrDefault(exit.Key) ?? 0, t));

    private static double Mix(double low, double high, double t) => low + ((high - low) * t);

    private static ModelCost Scale(ModelCost cost, double factor, int height, int width) =>
        new(height, width, cost.Stem * factor, cost.Layer * factor, cost.Decoder * factor)
        {
            Adapters = Scale(cost.Adapters, factor),
            DecoderExits = Scale(cost.DecoderExits, factor),
        };

    private static Dictionary<int, double>? Scale(IReadOnlyDictionary<int, double>? byExit, double factor) =>
        byExit?.ToDictionary(static exit => exit.Key, exit => exit.Value * factor);

    private static double Pixels(ModelCost cost) => (double)cost.Height * cost.Width;
}
