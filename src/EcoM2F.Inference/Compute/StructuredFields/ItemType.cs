namespace EcoM2F.Inference.Compute.StructuredFields;

/// <summary>The bare item types of RFC 9651, section 3.3.</summary>
#pragma warning disable CA1720 // the RFC's own names
internal enum ItemType
{
    Integer,
    Decimal,
    String,
    Token,
    ByteSequence,
    Boolean,
    Date,
    DisplayString,
}
