namespace EcoM2F.Serving.Hosting;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCodes
{
    /// <summary>Stopped when asked to.</summary>
    public const int Done = 0;

    /// <summary>The service could not start: a model cannot be loaded, the address is in use.</summary>
    public const int Failed = 1;

    /// <summary>A setting or an argument is invalid.</summary>
    public const int BadSettings = 2;
}
