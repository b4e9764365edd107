using System.Security.Cryptography;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>
/// A folder of images and one of label PNGs with the same names; 255 is void. The labels are the model's class ids, or category ids where
/// <c>annotations</c> names a JSON file with <c>categories</c>.
/// </summary>
internal sealed class SemanticDataset : Dataset
{
    private readonly string _labels;

    /// <summary>Null where labels are class indexes already.</summary>
    private readonly ClassMap? _categories;

    private SemanticDataset(CheckedSet set, string labels, ClassMap? categories)
        : base(set) => (_labels, _categories) = (labels, categories);

    /// <inheritdoc/>
    internal override SegmentationTasks Needs => SegmentationTasks.Semantic;

    internal static SemanticDataset Open(DatasetParts parts, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var entry = new Entry(parts.File, "");
        if (parts.Classes.Count > LabelMap.Ignore)
        {
            throw entry.Error($"the model has {parts.Classes.Count} classes; label maps hold {LabelMap.Ignore}, as {LabelMap.Ignore} is void");
        }

        if (parts.Mapping is not null && parts.Annotations is null)
        {
            throw entry.Error("'mapping' needs 'annotations', a JSON file whose 'categories' say id and name of each label");
        }

        var classes = parts.Annotations is { } file
            ? ClassMap.Between(new ListedCategories(file, InputFile.ReadJson(file, "annotations", CocoJson.Default.CocoPanopticFile).Categories, Used: null), parts.Classes, parts.Mapping)
            : null;
        var names = ImageNames(parts);
        var checkedImages = EntryWork.ForAll(names, name => Check(name, parts, classes), progress, cancellationToken);
        var set = new CheckedSet(
            parts.Task,
            parts.Classes,
            [.. checkedImages.Select(static (item, i) => item.Image with { Index = i })],
            ContentHash.Of(parts, classes, checkedImages.Select(static item => (item.Image.Name, item.Hash))),
            []);
        return new SemanticDataset(set, parts.Segments!, classes);
    }

    /// <summary>In the model's classes.</summary>
    /// <exception cref="RecipeException">The PNG can no longer be read, or has changed.</exception>
    public LabelMap Truth(DatasetImage image) => Load(LabelPath(_labels, image.Name), _categories, Classes.Count, out _);

    /// <inheritdoc/>
    internal override Func<SegmentationResult, ImageCounts> Scorer(DatasetImage image)
    {
        var truth = Truth(image);
        return result => SemanticCounts.Count(truth, LabelMap.Of(result.Semantic ?? throw Lacks("semantic"), $"the prediction for {image.Name}"), Classes.Count);
    }

    /// <inheritdoc/>
    internal override double ImageQuality(ImageCounts counts) => SemanticScore.Of((SemanticCounts)counts, Classes.Count).Miou;

    /// <inheritdoc/>
    internal override ISetMetric Combine(IReadOnlyList<ImageCounts> images) => new SemanticSetMetric([.. images.Cast<SemanticCounts>()], Classes.Count);

    /// <summary>The image's whole name with .png behind it where that is there, as <c>ecom2f segment</c> names images of one stem; else .png in place of its extension.</summary>
    private static string LabelPath(string folder, string imageName)
    {
        var ofWholeName = Path.Combine(folder, imageName + ".png");
        return File.Exists(ofWholeName) ? ofWholeName : Path.Combine(folder, Path.ChangeExtension(imageName, ".png"));
    }

    private static List<string> ImageNames(DatasetParts parts)
    {
        var names = ImageFolder.FileNames(parts.Images).Where(ImageFormats.HasExtension).ToList();
        if (names.Count == 0)
        {
            throw new RecipeException($"{parts.Images} has no images: {string.Join(", ", ImageFormats.Extensions)}.");
        }

        var labels = new HashSet<string>();
        if (names.FirstOrDefault(name => !labels.Add(Path.GetFileName(LabelPath(parts.Segments!, name)))) is { } twice)
        {
            throw new RecipeException($"{parts.Images}: {twice} and another image would have one label PNG; name each of theirs after the whole image, {twice}.png.");
        }

        var orphan = ImageFolder.FileNames(parts.Segments!).FirstOrDefault(name => name.EndsWith(".png", StringComparison.Ordinal) && !labels.Contains(name));
        return orphan is null ? names : throw new RecipeException($"{Path.Combine(parts.Segments!, orphan)}: {parts.Images} has no image of that name.");
    }

    private static (DatasetImage Image, byte[] Hash) Check(string name, DatasetParts parts, ClassMap? categories)
    {
        var path = Path.Combine(parts.Images, name);
        var (header, imageHash) = ImageCheck.Read(path, new Entry(path, ""));
        var labels = Load(LabelPath(parts.Segments!, name), categories, parts.Classes.Count, out var png);
        return labels.Width == header.Width && labels.Height == header.Height
            ? (new DatasetImage(0, name, name, path, header.Width, header.Height), [.. imageHash, .. SHA256.HashData(png)])
            : throw new RecipeException($"{labels.Name} has {labels.Width} x {labels.Height} pixels; its image has {header.Width} x {header.Height}{ImageCheck.RotationHint(header, labels.Width, labels.Height)}.");
    }

    private static LabelMap Load(string file, ClassMap? categories, int classes, out byte[] bytes)
    {
        var png = LabelPng.Read(file, out bytes);
        if (png.IsColour)
        {
            throw new RecipeException($"{file} has colours; a label map has one channel, grey or palette.");
        }

        var values = png.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] == LabelMap.Ignore)
            {
                continue;
            }

            var index = categories is null ? values[i] : categories.ById.GetValueOrDefault(values[i], int.MaxValue);
            if (index >= classes)
            {
                var reason = categories is null ? $"allowed are the model's classes, 0 to {classes - 1}, and {LabelMap.Ignore} for void" : categories.WhyUnknown(values[i]);
                throw new RecipeException($"{file}: pixel {i % png.Width}, {i / png.Width} has label {values[i]}; {reason}.");
            }

            values[i] = index == ClassMap.Void ? LabelMap.Ignore : index;
        }

        return new LabelMap(file, png.Width, png.Height, values);
    }
}
