namespace EcoM2F.Cli.Output;

internal static class ExitCode
{
    public const int Done = 0;
    public const int CheckFailed = 1;
    public const int BadInput = 2;

    /// <summary>As shells have it for SIGINT.</summary>
    public const int Interrupted = 130;
}
