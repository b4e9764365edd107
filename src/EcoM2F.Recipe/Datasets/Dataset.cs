using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>
/// Images with their ground truth in a model's classes, from a DATASET file. Everything is checked when it is opened: what is wrong with
/// the files is known before hours of work. Truths are loaded when asked for; all members are thread-safe.
/// </summary>
public abstract class Dataset
{
    private protected Dataset(CheckedSet set) => (Task, Classes, Images, Hash, Notes) = (set.Task, set.Classes, set.Images, set.Hash, set.Notes);

    /// <summary>panoptic, instance, detection or semantic.</summary>
    public string Task { get; }

    /// <summary>What its quality is called: PQ, mask AP, box AP or mIoU.</summary>
    public virtual string Metric => Task switch
    {
        DatasetParts.Panoptic => "PQ",
        DatasetParts.Instance => "mask AP",
        DatasetParts.Detection => "box AP",
        _ => "mIoU",
    };

    /// <summary>What stands in for labels: <see cref="AgreementDataset.Full"/>; null where there are labels.</summary>
    public virtual string? Reference => null;

    /// <summary>The model's, by class index.</summary>
    public IReadOnlyList<ModelClass> Classes { get; }

    /// <summary>In ascending order of their ids; of their names for label maps.</summary>
    public IReadOnlyList<DatasetImage> Images { get; }

    /// <summary>16 hexadecimal digits that change with any file of the set, with its mapping and with nothing else.</summary>
    public string Hash { get; }

    /// <summary>Entries that the official tools pass over and that are left out here too: a line for each reason, with their number and the first three.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>What a model must be asked for, so that its result can be measured here.</summary>
    internal abstract SegmentationTasks Needs { get; }

    /// <summary>The same for a certain model: a detector has boxes without masks.</summary>
    internal virtual SegmentationTasks NeedsOf(ModelManifest model) => Needs;

    /// <param name="file">DATASET: JSON that names the parts of the set, relative to itself.</param>
    /// <param name="classes">The model's classes.</param>
    /// <param name="progress">Called from many threads, one at a time, while every image and truth is checked.</param>
    /// <exception cref="RecipeException">Something is wrong with the set; the message names files, entries and fields.</exception>
    public static Dataset Open(
        string file, IReadOnlyList<ModelClass> classes, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var parts = DatasetParts.Read(file, classes);
        return parts.Task switch
        {
            DatasetParts.Panoptic => PanopticDataset.Open(parts, progress, cancellationToken),
            DatasetParts.Semantic => SemanticDataset.Open(parts, progress, cancellationToken),
            _ => ObjectDataset.Open(parts, progress, cancellationToken),
        };
    }

    /// <param name="path">DATASET, or a folder of photographs without labels, whose quality is agreement with the model's own full result.</param>
    /// <param name="agreement">Whether a set's labels are left aside for agreement.</param>
    /// <inheritdoc cref="Open"/>
    public static Dataset OpenFor(ModelManifest model, string path, bool agreement = false, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (Directory.Exists(path))
        {
            return AgreementDataset.OfFolder(path, model, progress, cancellationToken);
        }

        var set = Open(path, model.Classes, progress, cancellationToken);
        return agreement ? AgreementDataset.OfSet(set, model) : set;
    }

    /// <summary>Loads an image's truth and compares a model's result with it.</summary>
    /// <param name="result">Holds what <see cref="NeedsOf"/> says.</param>
    /// <exception cref="RecipeException">The result has another size than the image, or the truth can no longer be read.</exception>
    internal ImageCounts Measure(DatasetImage image, SegmentationResult result) => Scorer(image)(result);

    /// <summary>Loads an image's truth once, to compare several results with it.</summary>
    /// <returns>As <see cref="Measure"/>.</returns>
    /// <exception cref="RecipeException">The truth can no longer be read.</exception>
    internal abstract Func<SegmentationResult, ImageCounts> Scorer(DatasetImage image);

    /// <summary>As <see cref="Scorer(DatasetImage)"/>, for a set that may have no truth of its own.</summary>
    /// <param name="reference">Makes the model's result at the deepest exit and the own size.</param>
    internal virtual Func<SegmentationResult, ImageCounts> Scorer(DatasetImage image, Func<SegmentationResult> reference) => Scorer(image);

    /// <summary>PQ, AP or mIoU of one image, a fraction: the mean over the classes present. NaN where there is nothing to score.</summary>
    /// <param name="counts">From <see cref="Measure"/>.</param>
    internal abstract double ImageQuality(ImageCounts counts);

    /// <summary>PQ, AP or mIoU of the set.</summary>
    /// <param name="images">From <see cref="Measure"/>, one for each image and in their order, of whatever exit a policy chose.</param>
    internal abstract ISetMetric Combine(IReadOnlyList<ImageCounts> images);

    private protected static ArgumentException Lacks(string what) => new($"The result holds no {what} segmentation.");
}
