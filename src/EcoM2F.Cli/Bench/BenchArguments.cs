using System.Globalization;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Bench;

/// <summary>Parses the values of <c>--size</c>, <c>--exits</c>, <c>--precision</c> and <c>--decoder-depth</c>.</summary>
internal static class BenchArguments
{
    private const int Stride = 32;

    /// <summary>Pixels per side; a machine's memory allows less.</summary>
    private const int MaxSide = 8192;

    /// <param name="text">HEIGHTxWIDTH; null: the peer's, and else the first size that the model states its costs for.</param>
    public static (int Height, int Width) ParseSize(string? text, ModelManifest model, PeerGraph? peer)
    {
        if (text is null)
        {
            var usual = model.Costs[0];
            return Check($"the size {peer?.Height ?? usual.Height}x{peer?.Width ?? usual.Width} of the input", peer?.Height ?? usual.Height, peer?.Width ?? usual.Width);
        }

        var sides = text.Split('x');
        return sides.Length == 2 && Number(sides[0]) is { } height && Number(sides[1]) is { } width
            ? Check($"--size '{text}'", height, width)
            : throw SizeError($"--size '{text}'");
    }

    /// <param name="text">Comma-separated; null: all.</param>
    public static IReadOnlyList<int> ParseExits(string? text, ModelManifest model)
    {
        if (text is null)
        {
            return model.Exits;
        }

        var exits = text.Split(',', StringSplitOptions.TrimEntries).Select(word =>
            Number(word) is { } exit && model.Exits.Contains(exit)
                ? exit
                : throw new CliException($"--exits: model '{model.Name}' has no exit '{word}'; allowed are {string.Join(", ", model.Exits)}."));
        return [.. exits.Distinct().Order()];
    }

    /// <param name="text">Comma-separated.</param>
    public static IReadOnlyList<string> ParsePrecisions(string text, ModelManifest model)
    {
        var words = text.Split(',', StringSplitOptions.TrimEntries).Distinct().ToList();
        return words.Find(word => !model.RunnablePrecisions.Contains(word)) is { } unknown
            ? throw new CliException($"--precision: model '{model.Name}' has no {unknown} graphs; allowed are {string.Join(", ", model.RunnablePrecisions)}{(model.RunnablePrecisions.Contains(GraphPrecisions.EightBits) ? "" : "; 'ecom2f quantize' adds int8")}.")
            : words;
    }

    /// <param name="depth">Null: the whole decoder.</param>
    public static int? CheckDecoderDepth(int? depth, ModelManifest model) =>
        depth is null || model.DecoderExits?.Contains(depth.Value) == true ? depth : throw new CliException(model.DecoderExits is { } exits
            ? $"--decoder-depth: model '{model.Name}' has no decoder exit {depth}; allowed are {string.Join(", ", exits)}."
            : $"--decoder-depth: model '{model.Name}' always runs its whole decoder.");

    private static (int Height, int Width) Check(string what, int height, int width) =>
        height is >= Stride and <= MaxSide && width is >= Stride and <= MaxSide && height % Stride == 0 && width % Stride == 0 ? (height, width) : throw SizeError(what);

    private static CliException SizeError(string what) =>
        new($"{what} cannot be measured; allowed is HEIGHTxWIDTH, each a multiple of {Stride} from {Stride} to {MaxSide}.");

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
