namespace EcoM2F.Recipe.Gates;

/// <summary>Features less their mean over all images, so that sums of squares lose no digits; a regression with intercept does not depend on it.</summary>
internal sealed class CentredFeatures
{
    private readonly GateData _data;

    public CentredFeatures(GateData data)
    {
        _data = data;
        Centre = new double[data.Width];
        for (var image = 0; image < data.Images; image++)
        {
            var feature = data.Feature(image);
            for (var i = 0; i < Centre.Length; i++)
            {
                Centre[i] += feature[i] / (double)data.Images;
            }
        }
    }

    /// <summary>[d].</summary>
    public double[] Centre { get; }

    /// <summary>Of an image of the data.</summary>
    public void Centred(int image, Span<double> x) => Centred(_data.Feature(image), x);

    /// <summary>Of any image.</summary>
    public void Centred(ReadOnlySpan<float> feature, Span<double> x)
    {
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = feature[i] - Centre[i];
        }
    }

    /// <summary>A map of centred features as one of features as they come.</summary>
    public AffineMap Raw(AffineMap map)
    {
        var ones = new double[_data.Width];
        Array.Fill(ones, 1);
        return map.Unfold(Centre, ones);
    }
}
