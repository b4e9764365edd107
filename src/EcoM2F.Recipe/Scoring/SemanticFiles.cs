using EcoM2F.Inference.Imaging;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Scoring;

/// <summary>Predicted label PNGs against true ones of the same names.</summary>
public static class SemanticFiles
{
    private const string Ending = ".png";

    /// <param name="truth">A folder of label PNGs, or one PNG; 255 is void.</param>
    /// <param name="prediction">The same; must have every name of the truth.</param>
    /// <returns>As many classes as the highest label says.</returns>
    /// <exception cref="RecipeException">A file is wrong; the message names it.</exception>
    public static SemanticScore Score(string truth, string prediction, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var pairs = Pair(truth, prediction);
        var counts = EntryWork.ForAll(pairs, static pair => Count(pair.Truth, pair.Prediction), progress, cancellationToken);
        var classes = counts.SelectMany(static image => image.Classes).Select(static item => item.ClassId + 1).DefaultIfEmpty(0).Max();
        return new SemanticSetMetric(counts, classes).Score();
    }

    private static SemanticCounts Count(string truth, string prediction)
    {
        var (real, predicted) = (Read(truth), Read(prediction));
        var highest = 0;
        for (var i = 0; i < real.Labels.Length; i++)
        {
            highest = Math.Max(highest, real.Labels[i] == LabelMap.Ignore ? 0 : real.Labels[i]);
        }

        foreach (var label in predicted.Labels)
        {
            highest = Math.Max(highest, label == LabelMap.Ignore ? 0 : label);
        }

        return SemanticCounts.Count(real, predicted, highest + 1);
    }

    private static LabelMap Read(string file)
    {
        var png = LabelPng.Read(file, out _);
        return png.IsColour
            ? throw new RecipeException($"{file} has colours; a label map has one channel, grey or palette.")
            : new LabelMap(file, png.Width, png.Height, png.Values);
    }

    private static List<(string Truth, string Prediction)> Pair(string truth, string prediction)
    {
        if (File.Exists(truth) && File.Exists(prediction))
        {
            return [(truth, prediction)];
        }

        foreach (var folder in (string[])[truth, prediction])
        {
            if (!Directory.Exists(folder))
            {
                throw new RecipeException($"There is no folder {folder}; semantic scores compare two folders of label PNGs, or two PNGs.");
            }
        }

        var names = ImageFolder.FileNames(truth).Where(static name => name.EndsWith(Ending, StringComparison.OrdinalIgnoreCase)).ToList();
        if (names.Count == 0)
        {
            throw new RecipeException($"{truth} has no label PNG.");
        }

        var missing = names.Where(name => !File.Exists(Path.Combine(prediction, name))).ToList();
        return missing.Count == 0
            ? [.. names.Select(name => (Path.Combine(truth, name), Path.Combine(prediction, name)))]
            : throw new RecipeException($"{prediction} lacks {missing.Count} of {names.Count} label PNGs: {string.Join(", ", missing.Take(10))}{(missing.Count > 10 ? ", ..." : "")}.");
    }
}
