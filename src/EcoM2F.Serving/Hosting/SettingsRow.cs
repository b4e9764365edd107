namespace EcoM2F.Serving.Hosting;

/// <summary>One setting as <c>docs/settings.md</c> and <c>--help</c> show it. All but the key are Markdown.</summary>
/// <param name="Key">Such as <c>Engine:Threads</c>; its first part may be all of it.</param>
/// <param name="Default">What holds where nothing is given.</param>
/// <param name="Allowed">The values that it may have.</param>
/// <param name="Meaning">Sentences; links are relative to <c>docs</c>.</param>
internal sealed record SettingsRow(string Key, string Default, string Allowed, string Meaning);
