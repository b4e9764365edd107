namespace EcoM2F.Inference.Imaging;

/// <summary>How the bytes of a JPEG end.</summary>
internal enum JpegEnding
{
    /// <summary>With the end marker; what may follow is not the image's.</summary>
    Marked,

    /// <summary>Behind the last of the image data, without the end marker.</summary>
    OnlyMarkerMissing,

    /// <summary>Before the image data do, or nobody can tell.</summary>
    CutOff,
}
