using System.Text.Json;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>Puts the parts of a run's images together into the files of the data sets that it was asked for.</summary>
internal sealed class DatasetAssembly
{
    private readonly SegmentOptions _options;
    private readonly IReadOnlyList<ImageFile> _images;

    /// <summary>By name.</summary>
    private readonly IReadOnlyDictionary<string, string> _ids;

    /// <summary>Before anything is segmented, so that a mistake is named before hours of work and not after them.</summary>
    /// <param name="images">All images of the command, those of other shards included.</param>
    /// <exception cref="CliException">An image has no id, or a name that a format cannot have.</exception>
    public DatasetAssembly(SegmentOptions options, IReadOnlyList<ImageFile> images)
    {
        (_options, _images) = (options, images);
        _ids = ImageIds.Assign(images, options.ImageIds);
        foreach (var format in options.Formats.Datasets)
        {
            format.CheckNames?.Invoke(images);
        }
    }

    /// <summary>Of images that are done; those that failed, or that another shard has still to do, are left out.</summary>
    /// <returns>Paths of the files; empty if no image is done.</returns>
    /// <exception cref="CliException">A part cannot be read.</exception>
    public IReadOnlyList<string> Write(CancellationToken cancellationToken)
    {
        var header = new DatasetHeader(_options.Output, _options.Model.Manifest);
        while (true)
        {
            // Shards end in any order. Whichever writes last has seen all images: each looks again once its files are in place.
            var done = _images.Where(IsDone).ToList();
            if (done.Count == 0)
            {
                return [];
            }

            var written = _options.Formats.Datasets.SelectMany(format => Write(format, header, done, cancellationToken)).ToList();
            if (_images.Count(IsDone) == done.Count)
            {
                return written;
            }
        }
    }

    /// <summary>Whether all files of the image are there, and not only its part: a data set names some of the others.</summary>
    private bool IsDone(ImageFile image) => _options.Formats.Files.All(format => File.Exists(format.Target(_options.Output, image)));

    private IReadOnlyList<string> Write(DatasetFormat format, DatasetHeader header, List<ImageFile> done, CancellationToken cancellationToken)
    {
        using var writer = format.Open(header);
        foreach (var image in done)
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.Add(new DatasetEntry(image, _ids[image.Name], Read(image)));
        }

        return writer.Complete();
    }

    private SegmentationBody Read(ImageFile image)
    {
        var part = DatasetFormat.Part.Target(_options.Output, image);
        try
        {
            return ResultJson.Read(File.ReadAllBytes(part));
        }
        catch (JsonException)
        {
            throw new CliException($"{part} is no longer what this command wrote; remove it, and run the command again.");
        }
    }
}
