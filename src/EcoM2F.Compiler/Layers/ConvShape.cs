namespace EcoM2F.Compiler.Layers;

/// <param name="Kernel">Pixels, both ways.</param>
internal readonly record struct ConvShape(int Inputs, int Outputs, int Kernel, int Stride = 1, int Groups = 1, bool Bias = true);
