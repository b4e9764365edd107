namespace EcoM2F.Cli.Output;

/// <summary>Where a command that can be resumed keeps what it has done so far: hidden, beside what it writes.</summary>
internal static class StatePath
{
    /// <param name="target">File or folder that the command writes.</param>
    /// <param name="command">Its name.</param>
    public static string Of(string target, string command)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        return Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{command}");
    }

    /// <summary>Keeps other processes out until it is disposed, which removes the file.</summary>
    /// <param name="file">Of the lock.</param>
    /// <param name="state">What it is a lock of, for the message.</param>
    /// <exception cref="CliException">Another process has it.</exception>
    public static FileStream Lock(string file, string state)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException exception)
        {
            throw new CliException($"{state} is in use by another run ({exception.Message}); wait for its end.");
        }
    }
}
