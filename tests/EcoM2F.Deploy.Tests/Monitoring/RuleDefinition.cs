namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>A rule as its file has it.</summary>
/// <param name="Record">What it records; empty for an alert.</param>
/// <param name="Alert">Name of the alert; empty for a recording rule.</param>
/// <param name="For">How long the expression must hold; empty where it need not.</param>
internal sealed record RuleDefinition(
    string Record,
    string Alert,
    string Expression,
    string For,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations)
{
    public string Name => Record.Length > 0 ? Record : Alert;
}
