namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>A command of a page, as a shell would run it.</summary>
/// <param name="Place">File and line of its block.</param>
/// <param name="Words">The program and its arguments, without quotes and with variables filled in.</param>
/// <param name="Settings">What the line says of the environment, such as <c>Engine__Threads</c>.</param>
internal sealed record DocumentedCommand(string Place, IReadOnlyList<string> Words, IReadOnlyDictionary<string, string> Settings)
{
    public string Line => string.Join(' ', Words);

    public override string ToString() => $"{Place}: {Line}";
}
