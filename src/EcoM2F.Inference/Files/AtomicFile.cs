namespace EcoM2F.Inference.Files;

/// <summary>Files that are there whole or not at all: written under a temporary name, then renamed.</summary>
public static class AtomicFile
{
    /// <param name="temporary">In the same folder; what an interrupted run left there is overwritten.</param>
    public static void Write(string path, string temporary, ReadOnlySpan<byte> content)
    {
        try
        {
            using (var stream = File.Create(temporary))
            {
                stream.Write(content);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
