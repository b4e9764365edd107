using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>What <see cref="ModelBench"/> measures.</summary>
public sealed record BenchOptions
{
    /// <summary>Runs before the first that counts: arenas grow, weights are read from the disk.</summary>
    public const int Warmups = 2;

    public required ModelFolder Folder { get; init; }

    /// <summary>Of the model input, pixels; a multiple of 32.</summary>
    public required int Height { get; init; }

    /// <inheritdoc cref="Height"/>
    public required int Width { get; init; }

    /// <summary>Some of the model's.</summary>
    public required IReadOnlyList<int> Exits { get; init; }

    /// <summary>Decoder layers, one of the model's decoder exits. Null: the whole decoder.</summary>
    public int? DecoderDepth { get; init; }

    /// <summary>Runs that count, of every exit and of the peer.</summary>
    public required int Rounds { get; init; }

    /// <summary>Of the shared pool and of profiled sessions.</summary>
    public required int Threads { get; init; }

    /// <summary>One of <see cref="GraphFlavours"/>.</summary>
    public required string Flavour { get; init; }

    /// <summary>Some of <see cref="GraphPrecisions"/>, side by side; each of the model's own. The profile is of the last.</summary>
    public IReadOnlyList<string> Precisions { get; init; } = [GraphPrecisions.Fp32];

    /// <summary>What to measure beside; it belongs to the caller.</summary>
    public PeerGraph? Peer { get; init; }

    /// <summary>
    /// Also profile the deepest exit, operator by operator. The function gives the ONNX file of one matrix product, which is
    /// measured alone beside the model's products of that shape. Null: no profile.
    /// </summary>
    public Func<ProductShape, byte[]>? PlainProduct { get; init; }
}
