namespace EcoM2F.Fuzz;

/// <summary>One reader of input from strangers.</summary>
/// <param name="Name">As <c>--target</c> takes it.</param>
/// <param name="Corpus">Sound inputs to start from; at least one.</param>
/// <param name="Tokens">Pieces that mean something to this reader, to be put into inputs.</param>
/// <param name="Read">Hands the reader an input.</param>
/// <param name="IsDocumented">Whether an exception is one that the reader's documentation promises.</param>
internal sealed record FuzzTarget(
    string Name,
    IReadOnlyList<byte[]> Corpus,
    IReadOnlyList<byte[]> Tokens,
    Action<byte[]> Read,
    Func<Exception, bool> IsDocumented);
