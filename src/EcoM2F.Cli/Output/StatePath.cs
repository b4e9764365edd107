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
}
