namespace EcoM2F.Cli.Output;

/// <summary>How far work over many items has come.</summary>
/// <param name="Done">At least 1.</param>
/// <param name="Elapsed">Since the first item began.</param>
/// <param name="Status">What else is to be said of the items so far; null or empty: nothing.</param>
internal sealed record ProgressLine(string What, int Done, int Total, TimeSpan Elapsed, string? Status)
{
    /// <summary>A line of its own.</summary>
    public string Whole
    {
        get
        {
            var left = TimeSpan.FromSeconds(Elapsed.TotalSeconds / Done * (Total - Done));
            return FormattableString.Invariant($"{What}: {Done} of {Total}, {Rate}, {left:h\\:mm\\:ss} left{Suffix}");
        }
    }

    /// <summary>Beside a bar, which shows the rest.</summary>
    public string Short => $"{What} {Done}/{Total}, {Rate}{Suffix}";

    private string Rate => FormattableString.Invariant($"{Done / Math.Max(Elapsed.TotalSeconds, 0.001):0.0} a second");

    private string Suffix => string.IsNullOrEmpty(Status) ? "" : $", {Status}";
}
