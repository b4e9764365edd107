using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>What to compile, and where to.</summary>
public sealed record CompileOptions
{
    /// <summary>Holds config.json and model.safetensors; optionally preprocessor_config.json, ecom2f.json and the gates' weights.</summary>
    public required string CheckpointFolder { get; init; }

    /// <summary>Made, or replaced where it is a model folder already (its card, README.md, stays).</summary>
    public required string OutputFolder { get; init; }

    /// <value>Null: the output folder's name.</value>
    public string? Name { get; init; }

    public string Version { get; init; } = "1";

    /// <summary>Which graphs to keep.</summary>
    public CompiledFlavours Flavours { get; init; }

    /// <summary>
    /// <see cref="GraphPrecisions.Fp32"/>, or <see cref="GraphPrecisions.Fp16"/> for portable fp16 graphs beside the fp32 ones, which
    /// CPUs run and the canary is made with.
    /// </summary>
    public string Precision { get; init; } = GraphPrecisions.Fp32;

    /// <summary>A JSON file with the list <c>classes</c>, before ecom2f.json's.</summary>
    public string? CategoriesFile { get; init; }

    /// <summary>Sizes that an image may be resized to, as <see cref="SizeList"/> has them. Null: the checkpoint's own alone.</summary>
    public string? Sizes { get; init; }

    /// <summary>Decoder layers after which a Mask2Former may also stop, comma-separated; all of them are always among them. Null: the decoder always runs whole.</summary>
    public string? DecoderExits { get; init; }

    /// <summary>
    /// Writes the manifest's <see cref="ModelManifest.Canary"/> into the folder it is given, by running the graphs there; the
    /// folder holds everything else already, a valid model.json included. Null: a model without canary, which no server loads.
    /// </summary>
    public Action<string, ModelManifest, CancellationToken>? WriteCanary { get; init; }
}
