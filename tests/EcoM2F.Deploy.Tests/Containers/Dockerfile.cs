using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Containers;

internal sealed record Instruction(string Stage, string Name, string Text)
{
    public string[] Words => Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The repository's Dockerfile, one instruction each, with the defaults of its first arguments filled in.</summary>
internal sealed partial class Dockerfile
{
    private Dockerfile(List<Instruction> instructions) => Instructions = instructions;

    public IReadOnlyList<Instruction> Instructions { get; }

    public IEnumerable<Instruction> Of(string stage) => Instructions.Where(one => one.Stage == stage);

    public string Single(string stage, string name) => Of(stage).Single(one => one.Name == name).Text;

    /// <summary>ENV of one stage, without what its base has.</summary>
    public Dictionary<string, string> Environment(string stage) =>
        Of(stage).Where(static one => one.Name == "ENV").SelectMany(static one => one.Words).Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);

    public static Dockerfile Read()
    {
        var lines = File.ReadLines(Path.Combine(RepositoryPaths.Root, "Dockerfile")).Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != '#');
        var text = Continuation().Replace(string.Join('\n', lines), " ");
        var arguments = new Dictionary<string, string>();
        var instructions = new List<Instruction>();
        var stage = "";
        foreach (var words in text.Split('\n').Select(static line => line.Split(' ', 2)))
        {
            var rest = arguments.Aggregate(words[1].Trim(), static (line, argument) => line.Replace($"${{{argument.Key}}}", argument.Value, StringComparison.Ordinal));
            stage = words[0] == "FROM" ? rest.Split(' ')[^1] : stage;
            if (words[0] == "ARG" && stage.Length == 0)
            {
                arguments[rest.Split('=')[0]] = rest.Split('=')[1];
            }

            instructions.Add(new Instruction(stage, words[0], rest));
        }

        return new Dockerfile(instructions);
    }

    [GeneratedRegex(@"\\\n")]
    private static partial Regex Continuation();
}
