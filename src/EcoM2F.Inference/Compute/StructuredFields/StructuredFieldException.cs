namespace EcoM2F.Inference.Compute.StructuredFields;

/// <summary>Text that RFC 9651's grammar does not allow.</summary>
/// <param name="position">Characters from the start, from 0.</param>
internal sealed class StructuredFieldException(string message, int position) : FormatException(message)
{
    public int Position { get; } = position;
}
