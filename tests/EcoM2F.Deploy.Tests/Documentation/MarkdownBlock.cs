namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>A fenced block.</summary>
/// <param name="File">Its file's name.</param>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Language">As it is marked; empty where it is not.</param>
/// <param name="Text">Its lines.</param>
internal sealed record MarkdownBlock(string File, int Line, string Language, string Text)
{
    public string Place => $"{File}:{Line}";
}
