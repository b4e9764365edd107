namespace EcoM2F.Cli.Doctor;

/// <summary>One thing that <c>doctor</c> looked at.</summary>
/// <param name="Name">A word or two.</param>
/// <param name="Found">What is there.</param>
/// <param name="Advice">What is wrong or could be better, and the cure; null where nothing is to be said.</param>
internal sealed record DoctorCheck(string Name, CheckState State, string Found, string? Advice = null)
{
    public static DoctorCheck Fine(string name, string found) => new(name, CheckState.Fine, found);

    public static DoctorCheck Slow(string name, string found, string advice) => new(name, CheckState.Advice, found, advice);

    public static DoctorCheck Wrong(string name, string found, string advice) => new(name, CheckState.Wrong, found, advice);
}
