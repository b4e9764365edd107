using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>
/// Images whose labels are not there, or not asked: the truth of each is what the model itself gives at its deepest exit and own size. What
/// is measured is agreement with that, no quality.
/// </summary>
internal sealed class AgreementDataset : Dataset
{
    /// <summary>What <c>reference</c> of a row says: the deepest exit at the own size.</summary>
    public const string Full = "full";

    private readonly Agreement _agreement;

    private AgreementDataset(CheckedSet set, Agreement agreement)
        : base(set) => _agreement = agreement;

    /// <inheritdoc/>
    public override string Metric => $"{_agreement.Metric} agreement";

    /// <inheritdoc/>
    public override string? Reference => Full;

    /// <inheritdoc/>
    internal override SegmentationTasks Needs => _agreement.Needs;

    /// <summary>All photographs in a folder and below it.</summary>
    /// <exception cref="RecipeException">There are none, or headers that cannot be read.</exception>
    public static AgreementDataset OfFolder(string folder, ModelManifest model, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        folder = Path.GetFullPath(folder);
        var files = ImageFolder.ImagesBelow(folder, static _ => false);
        if (files.Count == 0)
        {
            throw new RecipeException($"{folder} has no images: {string.Join(", ", ImageFormats.Extensions)}.");
        }

        var agreement = Agreement.Of(model);
        var images = EntryWork.ForAll(files, file => Check(file, folder), progress, cancellationToken);
        return new AgreementDataset(
            new CheckedSet(
                agreement.Needs.ToString().ToLowerInvariant(),
                model.Classes,
                [.. images.Select(static (item, i) => item.Image with { Index = i })],
                ContentHash.OfFiles(images.Select(static item => (item.Image.Name, item.Hash))),
                []),
            agreement);
    }

    /// <summary>The images of a set, its labels left aside; rows have the set's own hash.</summary>
    public static AgreementDataset OfSet(Dataset set, ModelManifest model)
    {
        var agreement = Agreement.Of(model);
        return new AgreementDataset(new CheckedSet(agreement.Needs.ToString().ToLowerInvariant(), set.Classes, set.Images, set.Hash, set.Notes), agreement);
    }

    /// <inheritdoc/>
    internal override Func<SegmentationResult, ImageCounts> Scorer(DatasetImage image) =>
        throw new InvalidOperationException("Agreement needs the reference's result.");

    /// <inheritdoc/>
    internal override Func<SegmentationResult, ImageCounts> Scorer(DatasetImage image, Func<SegmentationResult> reference) => _agreement.Scorer(reference());

    /// <inheritdoc/>
    internal override double ImageQuality(ImageCounts counts) => _agreement.OfImage(counts);

    /// <inheritdoc/>
    internal override ISetMetric Combine(IReadOnlyList<ImageCounts> images) => _agreement.Combine(images);

    private static (DatasetImage Image, byte[] Hash) Check(string path, string folder)
    {
        var (header, hash) = ImageCheck.Read(path, new Entry(path, ""));
        var name = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
        return (new DatasetImage(0, name, name, path, header.Width, header.Height), hash);
    }
}
