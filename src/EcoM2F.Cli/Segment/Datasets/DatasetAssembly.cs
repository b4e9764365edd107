using System.Text.Json;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>Puts the parts of a run's images together into the files of the data sets that it was asked for.</summary>
internal sealed class DatasetAssembly(SegmentOptions options, IReadOnlyList<ImageFile> images)
{
    /// <summary>Of images that have a part; those that failed, or that another shard has still to do, are left out.</summary>
    /// <returns>Paths of the files; empty if no image has a part.</returns>
    /// <exception cref="CliException">An image has no id, or a part cannot be read.</exception>
    public IReadOnlyList<string> Write(CancellationToken cancellationToken)
    {
        var ids = ImageIds.Assign(images, options.ImageIds);
        var header = new DatasetHeader(options.Output, options.Model.Manifest);
        while (true)
        {
            // Shards end in any order. Whichever writes last has seen all parts: each looks again once its files are in place.
            var done = images.Where(HasPart).ToList();
            if (done.Count == 0)
            {
                return [];
            }

            var written = options.Formats.Datasets.SelectMany(format => Write(format, header, done, ids, cancellationToken)).ToList();
            if (images.Count(HasPart) == done.Count)
            {
                return written;
            }
        }
    }

    private bool HasPart(ImageFile image) => File.Exists(DatasetFormat.Part.Target(options.Output, image));

    private IReadOnlyList<string> Write(
        DatasetFormat format, DatasetHeader header, List<ImageFile> done, IReadOnlyDictionary<string, string> ids, CancellationToken cancellationToken)
    {
        using var writer = format.Open(header);
        foreach (var image in done)
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.Add(new DatasetEntry(image, ids[image.Name], Read(image)));
        }

        return writer.Complete();
    }

    private SegmentationBody Read(ImageFile image)
    {
        var part = DatasetFormat.Part.Target(options.Output, image);
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
