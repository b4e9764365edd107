using System.Runtime.InteropServices;
using NetVips;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Reads an image a few rows at a time into one that lies in memory, on the thread that asks. <c>Image.Write</c> reads on a thread of libvips's, which
/// wakes the caller's after every few rows: in the service a tenth of what a photograph of 0.3 megapixels takes to decode and resize.
/// </summary>
/// <param name="source">Read from the top down; disposed by the caller, after this.</param>
/// <param name="target">Of the same size, bands and format, in memory; disposed by the caller, after this.</param>
internal sealed unsafe class VipsRows(Image source, Image target) : IDisposable
{
    /// <summary>A multiple of what JPEG's decoders give at once.</summary>
    private const int RowsAtOnce = 16;

    private static readonly nint Library = NativeLibrary.Load(LibraryName, typeof(Image).Assembly, searchPath: null);

    private static readonly delegate* unmanaged<nint, Rectangle*, int> Attach =
        (delegate* unmanaged<nint, Rectangle*, int>)NativeLibrary.GetExport(Library, "vips_region_image");

    private static readonly delegate* unmanaged<nint, nint, Rectangle*, int, int, int> Prepare =
        (delegate* unmanaged<nint, nint, Rectangle*, int, int, int>)NativeLibrary.GetExport(Library, "vips_region_prepare_to");

    private readonly (int Width, int Height) _size = (source.Width, source.Height);
    private readonly Region _from = Region.New(source);
    private readonly Region _to = Region.New(target);

    /// <summary>From the top.</summary>
    public int RowsRead { get; private set; }

    private static string LibraryName => OperatingSystem.IsWindows() ? "libvips-42.dll" : OperatingSystem.IsMacOS() ? "libvips.42.dylib" : "libvips.so.42";

    /// <exception cref="VipsException">The image is corrupt or cut off there, or was killed.</exception>
    public void ReadNext()
    {
        var part = new Rectangle(Left: 0, RowsRead, _size.Width, Math.Min(RowsAtOnce, _size.Height - RowsRead));
        if (Attach(_to.DangerousGetHandle(), &part) != 0 || Prepare(_from.DangerousGetHandle(), _to.DangerousGetHandle(), &part, part.Left, part.Top) != 0)
        {
            throw new VipsException("unable to read rows");
        }

        RowsRead += part.Height;
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    /// <summary>libvips's <c>VipsRect</c>.</summary>
    private readonly record struct Rectangle(int Left, int Top, int Width, int Height);
}
