namespace EcoM2F.Recipe;

/// <summary>Something in a user's files is wrong; the message names the file, the entry and the field, and what is allowed.</summary>
public sealed class RecipeException(string message, Exception? innerException = null) : Exception(message, innerException);
