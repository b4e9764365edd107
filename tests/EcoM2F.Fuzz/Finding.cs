namespace EcoM2F.Fuzz;

/// <summary>An input that its reader does not cope with. The same target, seed and iteration give it again.</summary>
/// <param name="Reason">An undocumented exception with its stack, too much memory, or no end.</param>
internal sealed record Finding(string Target, int Seed, long Iteration, string Reason, byte[] Input)
{
    /// <summary>Writes the input, and beside it what happened; each file appears whole or not at all.</summary>
    public void WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FormattableString.Invariant($"{Target}-{Seed}-{Iteration}"));
        Write(path + ".bin", Input);
        Write(path + ".txt", System.Text.Encoding.UTF8.GetBytes(Reason + "\n"));
    }

    private static void Write(string path, byte[] content)
    {
        File.WriteAllBytes(path + ".tmp", content);
        File.Move(path + ".tmp", path, overwrite: true);
    }
}
