namespace EcoM2F.Inference.Models;

/// <summary>A model folder cannot be served; the message names the file and what is wrong with it.</summary>
public sealed class ModelLoadException(string message, Exception? innerException = null) : Exception(message, innerException);
