using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Derive;

/// <summary>
/// How well agreement predicts quality: rank correlations (Spearman) over the images that have both. Points are those that differ from the
/// reference, whose agreement is 1 by definition.
/// </summary>
/// <param name="Images">That have both.</param>
/// <param name="Points">Of the points by their means over the images: what choosing one fixed point needs.</param>
/// <param name="WithinImages">Of the points of one image, in the mean over images: what a gate learns from.</param>
/// <param name="AcrossImages">Of the images at one point, in the mean over points.</param>
/// <param name="Chosen">Mean quality at the point of highest mean agreement, a fraction.</param>
/// <param name="Best">Mean quality at the best point, a fraction.</param>
public sealed record AgreementTable(int Images, double Points, double WithinImages, double AcrossImages, double Chosen, double Best)
{
    /// <param name="agreement">File of rows of agreement.</param>
    /// <param name="quality">File of rows of quality, of the same set and model.</param>
    /// <exception cref="RecipeException">The rows are of other kinds, models, sets or points; or no image has both.</exception>
    public static AgreementTable Of(string agreement, string quality)
    {
        var labelled = new DerivedRowReader(quality).Read().ToDictionary(static row => (row.Dataset, row.Image));
        var pairs = new List<(double[] Agreement, double[] Quality)>();
        var reader = new DerivedRowReader(agreement);
        foreach (var row in reader.Read())
        {
            if (labelled.TryGetValue((row.Dataset, row.Image), out var other))
            {
                RequirePair(row, other, $"{agreement}: line {reader.Line}", quality);
                pairs.Add(([.. row.Quality], [.. other.Quality]));
            }
        }

        var whole = pairs.Where(static pair => pair.Agreement.Concat(pair.Quality).All(double.IsFinite)).ToList();
        return whole.Count > 0 ? Of(whole) : throw new RecipeException($"{quality} has no row of an image and data set of {agreement} with something to score at every point.");
    }

    private static AgreementTable Of(List<(double[] Agreement, double[] Quality)> images)
    {
        // The reference agrees with itself in every image.
        int[] points = [.. Enumerable.Range(0, images[0].Quality.Length).Where(point => images.Any(image => image.Agreement[point] < 1))];
        double[] agreement = [.. points.Select(point => images.Average(image => image.Agreement[point]))];
        double[] quality = [.. points.Select(point => images.Average(image => image.Quality[point]))];
        return new AgreementTable(
            images.Count,
            RankCorrelation.Of(agreement, quality),
            Mean(images.Select(image => RankCorrelation.Of([.. points.Select(point => image.Agreement[point])], [.. points.Select(point => image.Quality[point])]))),
            Mean(points.Select(point => RankCorrelation.Of([.. images.Select(image => image.Agreement[point])], [.. images.Select(image => image.Quality[point])]))),
            points.Length == 0 ? double.NaN : quality[Array.IndexOf(agreement, agreement.Max())],
            points.Length == 0 ? double.NaN : quality.Max());
    }

    private static double Mean(IEnumerable<double> values) => values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    private static void RequirePair(DerivedRow row, DerivedRow other, string place, string quality)
    {
        if (row.Reference is null || other.Reference is not null)
        {
            throw new RecipeException($"{place}: rows of agreement are compared with rows of quality on labels, and {quality} has {(other.Reference is null ? "those" : "agreement")} while this one has {(row.Reference is null ? "quality" : "agreement")}.");
        }

        if (row.Model != other.Model || !row.Points.SequenceEqual(other.Points))
        {
            throw new RecipeException($"{place}: the row of '{row.Image}' in {quality} is of another model or of other points.");
        }
    }
}
