using System.Globalization;

namespace EcoM2F.Inference.Models;

/// <summary>
/// Names of the graphs' inputs and outputs: what the compiler writes and the engine asks for. B is the batch, H and W are the
/// input's pixels, d is the tokens' width, N the tokens of all levels, Q the queries and C the classes. 32-bit floats but where
/// something else is said.
/// </summary>
public static class GraphTensors
{
    /// <summary>Of the stem: [B, 3, H, W], RGB, normalised.</summary>
    public const string PixelValues = "pixel_values";

    /// <summary>From the stem to the encoders: [B, N, d], without position.</summary>
    public const string Tokens = "tokens";

    /// <summary>From the stem to the encoders, and to DETR's decoder: [1, N, d], the tokens' positional encoding.</summary>
    public const string Position = "position";

    /// <summary>From the stem, where there are several levels: int64 [levels, 2], height and width of each.</summary>
    public const string SpatialShapes = "spatial_shapes";

    /// <summary>From the stem to the decoder of a model of masks: [B, channels, H/4, W/4], the backbone's first map.</summary>
    public const string Res2 = "res2";

    /// <summary>From the stem to the gates: [B, d], the mean of the deepest level's tokens.</summary>
    public const string Pooled = "pooled";

    /// <summary>
    /// Of a gate: [B, points]; with a <see cref="GateGuard"/> one column more, the last: the leverage of the image's feature among the rows that
    /// trained the gate.
    /// </summary>
    public const string Scores = "scores";

    /// <summary>From an encoder to the decoder: [B, N, d].</summary>
    public const string Encoder = "encoder";

    /// <summary>Of a decoder of masks: [B, Q, C + 1]; the last column means "no object".</summary>
    public const string ClassQueriesLogits = "class_queries_logits";

    /// <summary>Of a decoder of masks: [B, Q, H/4, W/4].</summary>
    public const string MasksQueriesLogits = "masks_queries_logits";

    /// <summary>Of a decoder of masks: [B, channels, H/4, W/4], what a query's mask embedding is multiplied with.</summary>
    public const string MaskFeatures = "mask_features";

    /// <summary>Of a decoder of boxes: [B, Q, C], or [B, Q, C + 1] with a last column for "no object".</summary>
    public const string Logits = "logits";

    /// <summary>Of a decoder of boxes: [B, Q, 4], centre x, centre y, width and height from 0 to 1 of the image.</summary>
    public const string PredBoxes = "pred_boxes";

    /// <summary>Of the graph that gives every exit in one pass: [B, N, d] after the exit's last layer.</summary>
    /// <param name="exit">From 1.</param>
    public static string EncoderAt(int exit) => string.Create(CultureInfo.InvariantCulture, $"{Encoder}_{exit}");

    /// <summary>Of the same graph, where the exit has an adapter: what that reads.</summary>
    /// <param name="exit">From 1.</param>
    public static string RawEncoderAt(int exit) => RawOf(EncoderAt(exit));

    /// <summary>The value that an adapter reads, by the name of what it gives.</summary>
    public static string RawOf(string output) => output + "_raw";
}
