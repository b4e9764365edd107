namespace EcoM2F.Serving.Http;

/// <summary>One image of a batch, as it was uploaded.</summary>
/// <param name="Index">Place of its part in the form, from 0.</param>
/// <param name="Name">The part's file name; null where it has none.</param>
/// <param name="Image">Its bytes; whoever receives the part disposes them. Null where they are refused.</param>
/// <param name="Failure">Why they are refused.</param>
internal sealed record BatchPart(int Index, string? Name, UploadedImage? Image, Exception? Failure = null);
