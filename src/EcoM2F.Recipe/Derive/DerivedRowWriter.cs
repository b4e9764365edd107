namespace EcoM2F.Recipe.Derive;

/// <summary>Writes rows as lines of <c>derived.jsonl</c>.</summary>
internal static class DerivedRowWriter
{
    /// <returns>The line with its line feed, to be written in one call: what a kill leaves is then at most one line cut off.</returns>
    public static byte[] ToLine(DerivedRow row) => [.. DerivedRowJson.Of(row).ToBytes(), (byte)'\n'];
}
