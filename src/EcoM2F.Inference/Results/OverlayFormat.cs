namespace EcoM2F.Inference.Results;

/// <summary>Image formats of an overlay.</summary>
public enum OverlayFormat
{
    WebP,
    Jpeg,
}
