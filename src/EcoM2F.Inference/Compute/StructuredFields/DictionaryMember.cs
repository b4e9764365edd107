namespace EcoM2F.Inference.Compute.StructuredFields;

/// <summary>One <c>key=value</c> of a dictionary, as it was written.</summary>
/// <param name="Value">The item; null for an inner list, whose contents are checked and dropped.</param>
/// <param name="HasParameters">Whether the member itself has parameters.</param>
internal readonly record struct DictionaryMember(string Key, BareItem? Value, bool HasParameters);
