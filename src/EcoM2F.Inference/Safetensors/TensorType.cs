namespace EcoM2F.Inference.Safetensors;

/// <summary>Element types of the format that have whole bytes.</summary>
public enum TensorType
{
    Bool,
    U8,
    I8,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

internal static class TensorTypes
{
    /// <summary>Bytes per element.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.Bool or TensorType.U8 or TensorType.I8 => 1,
        TensorType.I16 or TensorType.U16 or TensorType.F16 or TensorType.BF16 => 2,
        TensorType.I32 or TensorType.U32 or TensorType.F32 => 4,
        _ => 8,
    };

    /// <summary>The word that the header has.</summary>
    public static string ToName(this TensorType type) => type == TensorType.Bool ? "BOOL" : type.ToString();

    /// <returns>Null for a word that is no known type.</returns>
    public static TensorType? Parse(string? name) => name switch
    {
        "BOOL" => TensorType.Bool,
        "U8" => TensorType.U8,
        "I8" => TensorType.I8,
        "I16" => TensorType.I16,
        "U16" => TensorType.U16,
        "F16" => TensorType.F16,
        "BF16" => TensorType.BF16,
        "I32" => TensorType.I32,
        "U32" => TensorType.U32,
        "F32" => TensorType.F32,
        "F64" => TensorType.F64,
        "I64" => TensorType.I64,
        "U64" => TensorType.U64,
        _ => null,
    };
}
