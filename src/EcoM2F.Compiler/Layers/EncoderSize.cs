namespace EcoM2F.Compiler.Layers;

/// <param name="Width">d, the tokens' channels.</param>
/// <param name="Feedforward">Channels between fc1 and fc2.</param>
internal readonly record struct EncoderSize(int Width, int Heads, int Feedforward);
