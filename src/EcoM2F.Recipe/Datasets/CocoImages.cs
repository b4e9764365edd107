using System.Collections;

namespace EcoM2F.Recipe.Datasets;

/// <summary>A file's list of images.</summary>
internal sealed class CocoImages : IReadOnlyCollection<ListedImage>
{
    /// <summary>As many as the engine decodes; places in a mask fit 32 bits.</summary>
    private const long MaxPixels = 100_000_000;

    private readonly Dictionary<string, ListedImage> _byId = [];

    private CocoImages()
    {
    }

    public int Count => _byId.Count;

    /// <exception cref="RecipeException">An entry is incomplete, or there twice.</exception>
    public static CocoImages Read(IReadOnlyList<CocoImage?>? images, string file)
    {
        var list = new Entry(file, "").Require(images, "images");
        var result = new CocoImages();
        var names = new HashSet<string>();
        for (var i = 0; i < list.Count; i++)
        {
            var entry = new Entry(file, $"images[{i}]");
            var image = entry.Require(list[i], "id");
            var read = new ListedImage(entry.Require(image.Id, "id"), entry.FileName(image.FileName, "file_name"), entry.Side(image.Width, "width"), entry.Side(image.Height, "height"), entry);
            if ((long)read.Width * read.Height > MaxPixels)
            {
                throw entry.Error($"'width' x 'height' is {read.Width} x {read.Height}; at most {MaxPixels} pixels are allowed");
            }

            if (!result._byId.TryAdd(read.Id, read))
            {
                throw entry.Error($"'id' {read.Id} occurs twice");
            }

            if (!names.Add(read.FileName))
            {
                throw entry.Error($"'file_name' {read.FileName} occurs twice");
            }
        }

        return result.Count > 0 ? result : throw new RecipeException($"{file}: 'images' is empty.");
    }

    public bool Lists(string imageId) => _byId.ContainsKey(imageId);

    /// <exception cref="RecipeException">No image has the id; the message names the entry that refers to it.</exception>
    public ListedImage Of(string? imageId, Entry entry)
    {
        var id = entry.Require(imageId, "image_id");
        return _byId.TryGetValue(id, out var image) ? image : throw entry.Error($"'image_id' is {id}, which no entry of 'images' has");
    }

    /// <summary>In ascending order of their ids.</summary>
    public IEnumerator<ListedImage> GetEnumerator() => _byId.Values.OrderBy(static image => image.Id, ImageIdConverter.Order).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <param name="Entry">Where it is listed, for messages.</param>
internal sealed record ListedImage(string Id, string FileName, int Width, int Height, Entry Entry)
{
    /// <param name="folder">The set's image folder.</param>
    public DatasetImage In(string folder, int index) => new(index, Id, FileName, Path.Combine(folder, FileName), Width, Height);
}
