namespace EcoM2F.Compiler;

/// <summary>A checkpoint or option that cannot be compiled; the message names the file, the key and what is allowed.</summary>
public sealed class CompileException(string message, Exception? innerException = null) : Exception(message, innerException);
