using EcoM2F.Inference.Onnx;
using EcoM2F.Recipe.Quantization;

namespace EcoM2F.Cli.Quantize;

/// <summary>What <c>quantize</c> found.</summary>
internal sealed record QuantizeResult
{
    /// <summary>What agreement is measured as: PQ, mask AP, box AP or mIoU.</summary>
    public required string Metric { get; init; }

    public required int Photos { get; init; }

    /// <summary>How many of them the loss was measured on.</summary>
    public required int HeldOut { get; init; }

    /// <summary>In points of agreement.</summary>
    public required double MaxLoss { get; init; }

    /// <summary>Groups of layers that were not tried, as asked for.</summary>
    public required IReadOnlyList<string> Fp32Groups { get; init; }

    public required SearchResult Search { get; init; }

    /// <summary>Of what is on 8 bits in the end.</summary>
    public required PrecisionAgreement Agreement { get; init; }

    /// <summary>What is on 8 bits in the end.</summary>
    public IReadOnlyList<SearchPart> Kept { get; init; } = [];

    /// <summary>What was within the loss, and went back to fp32 because it is slower on this machine.</summary>
    public IReadOnlyList<SearchPart> Slower { get; init; } = [];

    /// <summary>Of <see cref="Kept"/>, in points of agreement.</summary>
    public double Loss { get; init; } = double.NaN;

    /// <summary>Null where nothing was measured, as nothing is kept.</summary>
    public StageMilliseconds? Fp32 { get; init; }

    /// <inheritdoc cref="Fp32"/>
    public StageMilliseconds? Int8 { get; init; }
}
