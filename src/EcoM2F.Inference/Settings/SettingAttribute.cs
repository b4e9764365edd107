namespace EcoM2F.Inference.Settings;

/// <summary>What a setting means to operators. It stands in place of a summary: <c>docs/settings.md</c> and the service's <c>--help</c> are made of it.</summary>
/// <param name="meaning">Sentences in Markdown; links are relative to <c>docs</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string meaning) : Attribute
{
    public string Meaning { get; } = meaning;

    /// <summary>The values that it may have, in Markdown. Null: the property's type and its validation attribute say it.</summary>
    public string? Allowed { get; set; }

    /// <summary>What holds where nothing is given, in words. Null: the property's own first value says it.</summary>
    public string? Default { get; set; }
}
