namespace EcoM2F.Compiler.Quantization;

/// <summary>A product or convolution with constant weights that may be computed on 8 bits.</summary>
/// <param name="Name">Its weights' name, without the last part.</param>
/// <param name="Weight">Name of the weights in file and graphs.</param>
/// <param name="Stage">One of <see cref="Inference.Models.GraphStages"/>; of the encoder's graphs any.</param>
/// <param name="Group">The part of the model that it belongs to: what is tried together.</param>
public sealed record QuantizableLayer(string Name, string Weight, string Stage, string Group);
