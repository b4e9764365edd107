namespace EcoM2F.Inference.Postprocessing;

/// <summary>Image formats of an overlay.</summary>
public enum OverlayFormat
{
    WebP,
    Jpeg,
}
