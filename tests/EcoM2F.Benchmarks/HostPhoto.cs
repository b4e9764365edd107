using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Benchmarks;

/// <summary>A photo, encoded, and what the model makes of it.</summary>
internal sealed record HostPhoto(byte[] File, HostPrediction Prediction)
{
    /// <summary>The same photo with a profile of Display P3.</summary>
    public byte[] FileInDisplayP3 { get; } = EncodedImages.InDisplayP3(File);

    public DecodedImage Pixels => Prediction.Pixels;

    public QueryPredictions Predictions => Prediction.Predictions;

    public ImageGeometry Geometry => Prediction.Geometry;
}

/// <summary>A decoded photo and its logits.</summary>
internal sealed record HostPrediction(DecodedImage Pixels, QueryPredictions Predictions, ImageGeometry Geometry);
