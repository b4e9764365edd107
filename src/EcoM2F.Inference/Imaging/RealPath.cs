namespace EcoM2F.Inference.Imaging;

/// <summary>Paths without links in them: two paths lead to the same folder where these are equal.</summary>
public static class RealPath
{
    /// <summary>Linux's own limit (<c>MAXSYMLINKS</c>).</summary>
    private const int MaxLinks = 40;

    /// <summary>The full path with every link in it resolved, also those of the folders above; what does not exist stays as it is.</summary>
    /// <exception cref="IOException">Links that lead to one another in a circle.</exception>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        var pending = new Stack<string>();
        Push(pending, full[real.Length..]);
        var links = 0;
        while (pending.TryPop(out var name))
        {
            var next = Path.GetFullPath(Path.Combine(real, name));
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new IOException($"'{path}' contains symbolic links that form a loop.");
            }

            var root = Path.GetPathRoot(target)!;
            real = root.Length > 0 ? Path.GetFullPath(root) : real;
            Push(pending, target[root.Length..]);
        }

        return real;
    }

    private static void Push(Stack<string> pending, string path)
    {
        foreach (var name in path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            pending.Push(name);
        }
    }
}
