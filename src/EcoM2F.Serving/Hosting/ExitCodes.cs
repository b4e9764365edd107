namespace EcoM2F.Serving.Hosting;

/// <summary>What the process says to who started it.</summary>
internal static class ExitCodes
{
    /// <summary>Stopped when asked to.</summary>
    public const int Done = 0;

    /// <summary>A model cannot be loaded, or the address is taken.</summary>
    public const int Failed = 1;

    /// <summary>A setting is wrong.</summary>
    public const int BadSettings = 2;
}
