namespace EcoM2F.Page.Tests;

/// <summary>The machine's own Chromium: Playwright's builds of browsers come from a host that a build should not need.</summary>
internal static class ChromiumProgram
{
    public const string Reason = "Needs Chromium on the PATH (Debian: chromium).";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>Null where there is none.</summary>
    public static string? Path { get; } = Find();

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        .SelectMany(static folder => Names.Select(name => System.IO.Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);
}
