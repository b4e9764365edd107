namespace EcoM2F.Inference.Safetensors;

/// <summary>A safetensors file that breaks the format or lacks what was asked of it; the message names file and tensor.</summary>
public sealed class SafetensorsException(string message, Exception? innerException = null) : Exception(message, innerException);
