using System.Text.Json.Nodes;
using CsCheck;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Recipe.Tests.Scoring;

/// <summary>A small file of objects and one of results.</summary>
/// <param name="Floats">Whether whole numbers are written as 1.0.</param>
/// <param name="Boxes">Whether every entry has a box beside its mask.</param>
internal sealed record SmallCoco(int Images, bool Floats, bool Boxes, IReadOnlyList<SmallObject> Objects, IReadOnlyList<SmallResult> Results)
{
    private static readonly Gen<Rectangle> AnyRectangle =
        Gen.Select(Gen.Int[-2, OfficialObjectRule.Width], Gen.Int[-2, OfficialObjectRule.Height], Gen.Int[0, 8], Gen.Int[0, 6], static (x, y, width, height) => new Rectangle(x, y, width, height));

    /// <summary>The third image and the category 55 are not listed.</summary>
    private static readonly Gen<SmallObject> AnyObject = Gen.Select(
        Gen.Int[1, 3],
        OneOf(1, 1, 7, 7, 55),
        OneOf(Spelling.Polygons, Spelling.Numbers, Spelling.Text),
        AnyRectangle.List[0, 3],
        OneOf(0, 40, 1024, 5000, 9216, 20_000),
        Gen.Int[0, 7],
        static (image, category, spelling, rectangles, area, flags) => new SmallObject(image, category, spelling, rectangles, area, flags == 0) { WithShortPolygons = flags is 1 or 2, WithOddNumber = flags is 2 or 3 });

    public static Gen<SmallCoco> Any { get; } = Gen.Select(
        Gen.Int[1, 2],
        Gen.Bool,
        Gen.Bool,
        AnyObject.List[0, 6],
        Gen.Select(AnyObject, Gen.Int[0, 8], static (mask, score) => new SmallResult(1, mask.Category, score, mask with { Spelling = mask.Spelling == Spelling.Polygons ? Spelling.Text : mask.Spelling })).List[0, 8],
        static (images, floats, boxes, objects, results) => new SmallCoco(images, floats, boxes, objects, results));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}

/// <param name="Spelling">Of the mask.</param>
/// <param name="Rectangles">Together they are the mask; they may be empty, and lie outside of the image.</param>
internal sealed record SmallObject(int Image, int Category, Spelling Spelling, IReadOnlyList<Rectangle> Rectangles, int Area, bool IsCrowd)
{
    public bool WithShortPolygons { get; init; }

    public bool WithOddNumber { get; init; }

    /// <summary>[Height, Width] row by row.</summary>
    public byte[] Pixels()
    {
        var pixels = new byte[OfficialObjectRule.Width * OfficialObjectRule.Height];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i % OfficialObjectRule.Width, i / OfficialObjectRule.Width);
            pixels[i] = (byte)(Rectangles.Any(item => x >= item.X && x < item.X + item.Width && y >= item.Y && y < item.Y + item.Height) ? 1 : 0);
        }

        return pixels;
    }

    public JsonNode Segmentation()
    {
        var rle = CocoRle.FromMask(Pixels(), OfficialObjectRule.Height, OfficialObjectRule.Width);
        return Spelling switch
        {
            Spelling.Polygons => Polygons(),
            Spelling.Numbers => Runs(new JsonArray([.. rle.ToCounts().Select(static count => (JsonNode)count)])),
            _ => Runs(rle.Counts),
        };
    }

    private static JsonObject Runs(JsonNode counts) => new() { ["size"] = new JsonArray(OfficialObjectRule.Height, OfficialObjectRule.Width), ["counts"] = counts };

    private JsonArray Polygons()
    {
        var polygons = new JsonArray();
        foreach (var (x, y, width, height) in Rectangles)
        {
            JsonArray polygon = [x, y, x + width, y, x + width, y + height, x, y + height];
            if (WithOddNumber)
            {
                polygon.Add(3);
            }

            polygons.Add(polygon);
        }

        if (WithShortPolygons)
        {
            polygons.Add(new JsonArray(1, 1, 4, 4));
            polygons.Add(new JsonArray(2, 2));
            polygons.Add(new JsonArray());
        }

        return polygons;
    }
}

internal sealed record SmallResult(int Image, int Category, int Score, SmallObject Mask);

internal readonly record struct Rectangle(int X, int Y, int Width, int Height);

internal enum Spelling
{
    Polygons,
    Numbers,
    Text,
}
