using System.Globalization;

namespace EcoM2F.Inference.Compute.StructuredFields;

/// <summary>A typed value of a structured field. Immutable.</summary>
/// <param name="Number">Integer and Decimal: the value; Date: seconds since 1970; Boolean: 0 or 1; otherwise 0.</param>
/// <param name="Text">String, DisplayString and Token: the value; ByteSequence: its base64; otherwise empty.</param>
internal readonly record struct BareItem(ItemType Type, decimal Number, string Text)
{
    /// <summary>The value of a member written without one.</summary>
    public static BareItem True { get; } = new(ItemType.Boolean, 1, "");

    /// <summary>How error messages name the type.</summary>
    public string TypeName => Type switch
    {
        ItemType.Integer => "an integer",
        ItemType.Decimal => "a decimal",
        ItemType.String => "a quoted string",
        ItemType.Token => "a token",
        ItemType.ByteSequence => "a byte sequence",
        ItemType.Boolean => "a boolean",
        ItemType.Date => "a date",
        _ => "a display string",
    };

    public override string ToString() =>
        Text.Length > 0 ? Text : Number.ToString(CultureInfo.InvariantCulture);
}
