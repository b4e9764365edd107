namespace EcoM2F.Client;

/// <summary>One image's answer in a batch, in the order in which images are done.</summary>
/// <param name="Index">Place of the image in the batch, from 0.</param>
/// <param name="Name">As it was sent.</param>
/// <param name="Status">What the image alone would have been answered with.</param>
/// <param name="Result">Where the status is 200.</param>
/// <param name="Problem">Why there is no result.</param>
public sealed record BatchItem(int Index, string? Name, int Status, SegmentResult? Result = null, Problem? Problem = null);

/// <summary>An image of a batch.</summary>
/// <param name="Name">Comes back with the answer.</param>
/// <param name="Content">The encoded image; the client disposes it once it is sent.</param>
public sealed record BatchImage(string Name, Stream Content);
