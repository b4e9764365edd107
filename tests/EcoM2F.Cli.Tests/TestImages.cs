using NetVips;

namespace EcoM2F.Cli.Tests;

/// <summary>Made-up photographs.</summary>
internal static class TestImages
{
    /// <summary>A gradient with a bright square; another seed, another picture. The ending says the format.</summary>
    public static void Write(string path, int seed = 0, int width = 96, int height = 64)
    {
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var inside = x > (10 + seed) && x < width / 2 && y > height / 4 && y < height / 2;
                var at = ((y * width) + x) * 3;
                pixels[at] = (byte)(inside ? 250 : x * 255 / width);
                pixels[at + 1] = (byte)(inside ? 240 : y * 255 / height);
                pixels[at + 2] = (byte)(inside ? 30 : (x + y + (seed * 16)) & 0xff);
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var image = Image.NewFromMemory(pixels, width, height, 3, Enums.BandFormat.Uchar);
        using var srgb = image.Copy(interpretation: Enums.Interpretation.Srgb);
        srgb.WriteToFile(path);
    }

    /// <summary>As many as asked for, NNN.png.</summary>
    public static void WriteMany(string folder, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Write(Path.Combine(folder, $"{i:000}.png"), i);
        }
    }

    /// <summary>Ids of a label PNG, row by row: R + 256 G + 65536 B.</summary>
    public static (int Width, int Height, int[] Ids) ReadIds(string path)
    {
        using var image = Image.NewFromBuffer(File.ReadAllBytes(path));
        Assert.Equal(3, image.Bands);
        var bytes = image.WriteToMemory<byte>();
        var ids = new int[image.Width * image.Height];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = bytes[i * 3] + (bytes[(i * 3) + 1] << 8) + (bytes[(i * 3) + 2] << 16);
        }

        return (image.Width, image.Height, ids);
    }
}
