using EcoM2F.Benchmarks;
using EcoM2F.Cli.Commands;
using EcoM2F.Cli.Output;
using EcoM2F.Serving.Hosting;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>What every command of a page is held to.</summary>
internal static class CommandRules
{
    /// <summary>Addresses at which pages suppose the service.</summary>
    public static readonly string[] Services = ["http://localhost:8080", "http://127.0.0.1:8080"];

    private static readonly string[] RepositoryFolders = ["src/", "tests/", "deploy/", "tools/", "docs/", "models/default"];

    /// <summary>Commands that are held to nothing but the repository's paths in them, by how they begin: what runs them, or why nothing does.</summary>
    public static IReadOnlyDictionary<string, string> Unheld { get; } = new Dictionary<string, string>
    {
        ["apt-get install"] = "packages of the machine; .ci/run installs them",
        ["cat"] = "run as it stands, by CommandRecorder",
        ["cp"] = "copies what the lines before it made",
        ["docker compose"] = "needs a container engine; ComposeTests reads the file",
        ["dotnet build"] = "before any test",
        ["dotnet format"] = ".ci/run",
        ["dotnet pack src/EcoM2F.Cli"] = "the tool's package: a minute, and files of the machine",
        ["dotnet publish src/EcoM2F.Cli"] = "FollowDockerfileTests publishes both programs",
        ["dotnet publish src/EcoM2F.Serving"] = "FollowDockerfileTests publishes both programs",
        ["dotnet test"] = "is running",
        ["dotnet tool install --global ecom2f"] = "changes the user's tools",
        ["find"] = "run as it stands, by CommandRecorder",
        ["gcc"] = "a compiler of the machine's; what it makes is for measuring",
        ["grep"] = "run as it stands, by CommandRecorder",
        ["kubectl"] = "needs a cluster; KustomizationTests builds the overlays, ApiTypesTests knows the fields",
        ["python3 -m unittest discover -s src/training"] = "EcoM2F.Training.Tests",
        ["python3 src/training/train.py"] = "hours of training; EcoM2F.Training.Tests trains for seconds",
        ["sed"] = "run as it stands, by CommandRecorder",
        ["sh deploy/kubernetes/prometheus-rules.sh"] = "PrometheusRulesTests",
        ["sudo"] = "changes the machine; SystemdUnitTests reads the unit",
    };

    /// <returns>What is wrong with it. Null: nothing.</returns>
    public static string? Error(DocumentedCommand command) =>
        MissingPath(command.Words) ?? UnknownSetting(command.Settings.Keys.Select(static key => key.Replace("__", ":", StringComparison.Ordinal))) ?? command.Words.ToArray() switch
        {
            ["ecom2f", .. var rest] => Cli(rest),
            ["EcoM2F.Serving", .. var rest] => Serving(rest),
            ["dotnet", "run", .. var rest] => Project(rest),
            ["curl", .. var rest] => rest.Any(IsService) ? null : "asks no service; CurlExampleTests sends those to the service.",
            _ => Unheld.Keys.Any(start => IsStart(start, command.Line)) ? null : "is covered by no rule: see CommandRules.",
        };

    public static bool IsStart(string start, string line) => line == start || line.StartsWith(start + " ", StringComparison.Ordinal);

    public static bool IsService(string word) => Services.Any(address => word.StartsWith(address, StringComparison.Ordinal));

    /// <summary>Sections and keys of ours, entries of lists too, and what is ASP.NET's and Serilog's.</summary>
    public static bool IsSetting(string key) =>
        key.StartsWith("Kestrel:", StringComparison.Ordinal) || SettingsReference.Rows.Any(row => key == row.Key || key.StartsWith(row.Key + ":", StringComparison.Ordinal));

    public static string? Cli(string[] arguments)
    {
        var errors = UsageErrors.Of(EcoM2FCommand.Create().Parse(arguments));
        return errors.Count == 0 ? null : string.Join(' ', errors);
    }

    public static string? Serving(string[] arguments)
    {
        if (Usage.IsAsked(arguments))
        {
            return null;
        }

        var settings = HealthProbe.IsAsked(arguments) ? arguments[1..] : arguments;
        var keys = settings.Where(static word => word.StartsWith("--", StringComparison.Ordinal)).Select(static word => word[2..].Split('=')[0]);
        return Usage.Error(settings) ?? UnknownSetting(keys.Where(key => key != "url" || !HealthProbe.IsAsked(arguments)));
    }

    public static string? Benchmark(string[] arguments) => BenchmarkVerbs.Find(arguments) is null ? $"is no benchmark; {BenchmarkVerbs.Usage}" : null;

    private static string? Project(string[] words)
    {
        var end = Array.IndexOf(words, "--");
        var (options, arguments) = end < 0 ? (words, []) : (words[..end], words[(end + 1)..]);
        var project = options.SkipWhile(static word => word != "--project").ElementAtOrDefault(1) ?? "";
        return project switch
        {
            "src/EcoM2F.Cli" => Cli(arguments),
            "src/EcoM2F.Serving" => Serving(arguments),
            "tests/EcoM2F.Benchmarks" => options.Contains("Release") ? Benchmark(arguments) : "measures a program that is not optimised: -c Release.",
            _ when project.EndsWith(".Tests", StringComparison.Ordinal) => Tests(project, arguments),
            _ => "is covered by no rule: see CommandRules.",
        };
    }

    /// <summary>Of the runner's options only the filter by class, with one class that there is.</summary>
    private static string? Tests(string project, string[] arguments) =>
        arguments is ["--filter-class", ['*', .. var name]] && Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, project), $"*{name}.cs", SearchOption.AllDirectories).Any()
            ? null
            : $"{project} has no such tests.";

    private static string? UnknownSetting(IEnumerable<string> keys) => keys.FirstOrDefault(static key => !IsSetting(key)) is { } unknown ? $"{unknown} is no setting." : null;

    private static string? MissingPath(IReadOnlyList<string> words) =>
        words.FirstOrDefault(static word => RepositoryFolders.Any(folder => word.StartsWith(folder, StringComparison.Ordinal)) && !word.Contains('*', StringComparison.Ordinal) && !Path.Exists(Path.Combine(RepositoryPaths.Root, word))) is { } missing
            ? $"{missing} is not in the repository."
            : null;
}
