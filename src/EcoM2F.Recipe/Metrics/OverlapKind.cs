namespace EcoM2F.Recipe.Metrics;

/// <summary>What IoU is taken of.</summary>
internal enum OverlapKind
{
    /// <summary>Masks: COCOeval's <c>segm</c>.</summary>
    Mask,

    /// <summary>Boxes: COCOeval's <c>bbox</c>.</summary>
    Box,
}
