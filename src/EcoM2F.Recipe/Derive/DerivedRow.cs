using EcoM2F.Inference.Compute;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Recipe.Derive;

/// <summary>One line of <c>derived.jsonl</c>: what one image is worth at every point, and what a gate sees of it.</summary>
internal sealed record DerivedRow
{
    /// <summary>Name of the image in its data set.</summary>
    public required string Image { get; init; }

    /// <summary>
    /// What could be chosen for it, in the order of <see cref="Inference.Models.ModelManifest.Points"/>. In the file of a model with one size and
    /// without decoder exits the depths, and the size of the model's input; <see cref="ComputePoint.Size"/> is then <see cref="Gates.GateData.OwnSize"/>.
    /// </summary>
    public required IReadOnlyList<ComputePoint> Points { get; init; }

    /// <summary>Whether the row is by point, and not by exit.</summary>
    public bool HasPoints { get; init; }

    /// <summary>
    /// The image's own PQ (AP, mIoU) by point, a fraction; NaN (null in the file) where there was nothing to score. With
    /// <see cref="Reference"/> no quality, but agreement.
    /// </summary>
    public required IReadOnlyList<double> Quality { get; init; }

    /// <summary>The pooled feature that gates read: of the smallest size.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>The encoder's is that of all layers; null where nothing was measured.</summary>
    public StageTimes? Times { get; init; }

    /// <summary>The model's <see cref="ModelIdentity"/>; null in rows that another program made.</summary>
    public string? Model { get; init; }

    /// <summary>Short hash of the data set's files and mapping; null in rows that another program made.</summary>
    public string? Dataset { get; init; }

    /// <summary>What ran: one of <see cref="Inference.Models.GraphPrecisions"/>; null in rows by exit, which are fp32.</summary>
    public string? Precision { get; init; }

    /// <summary><see cref="AgreementDataset.Full"/> where <see cref="Quality"/> is agreement with the deepest exit at the own size; null where it is measured on labels.</summary>
    public string? Reference { get; init; }

    /// <summary>Encoder layers by point.</summary>
    internal IReadOnlyList<int> Depths => [.. Points.Select(static point => point.Depth)];
}
