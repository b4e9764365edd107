using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using EcoM2F.Fuzz;
using EcoM2F.Fuzz.Targets;

// Exit codes: 0 nothing found, 1 something found, 2 bad usage.
var target = new Option<string[]>("--target") { Description = "What to fuzz [default: every one in turn].", AllowMultipleArgumentsPerToken = true };
target.AcceptOnlyFromAmong([.. FuzzTargets.Names]);
var seed = new Option<int>("--seed") { Description = "Decides every input [default: 1].", DefaultValueFactory = static _ => 1 };
var seconds = new Option<int>("--seconds") { Description = "How long for each target, 1 to 86400 [default: 60].", DefaultValueFactory = static _ => 60 };
seconds.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is < 1 or > 86_400)
    {
        result.AddError("--seconds must be from 1 to 86400.");
    }
});
var iteration = new Option<long?>("--iteration") { Description = "Only this one, to repeat a finding." };
var findings = new Option<DirectoryInfo>("--findings") { Description = "Folder for what is found: each input, and what it did.", Required = true };
var command = new RootCommand("Hands mutated inputs to the readers of what strangers send. A finding is an undocumented exception, too much memory, or no end.")
{
    target, seed, seconds, iteration, findings,
};
command.SetAction(parsed =>
{
    var folder = parsed.GetRequiredValue(findings).FullName;
    var names = parsed.GetValue(target) is { Length: > 0 } given ? given : [.. FuzzTargets.Names];
    var found = names.Sum(name => Fuzz(FuzzTargets.Create(name), parsed.GetValue(seed), parsed.GetValue(iteration), TimeSpan.FromSeconds(parsed.GetValue(seconds)), folder));
    return found > 0 ? 1 : 0;
});
var arguments = command.Parse(args);
return arguments.Errors.Count > 0 ? Usage(arguments) : arguments.Invoke();

static int Usage(ParseResult arguments)
{
    foreach (var error in arguments.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }

    return 2;
}

static int Fuzz(FuzzTarget target, int seed, long? only, TimeSpan limit, string folder)
{
    var run = new FuzzRun(target, seed);
    var watch = Stopwatch.StartNew();
    var reasons = new HashSet<string>(StringComparer.Ordinal);
    var next = only ?? 0;
    for (; only is null ? watch.Elapsed < limit : next == only; next++)
    {
        // one of a kind: by the exception's message-free first lines
        if (run.Repeat(next) is { } finding && reasons.Add(Kind(finding.Reason)))
        {
            finding.WriteTo(folder);
            Console.WriteLine($"{target.Name}, seed {seed}, iteration {next}: {finding.Reason}");
        }
    }

    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {next - (only ?? 0)} inputs in {watch.Elapsed.TotalSeconds:0.0} s, {reasons.Count} kinds of findings"));
    return reasons.Count;
}

// where it was thrown, not with which message
static string Kind(string reason) => string.Join('\n', reason.Split('\n').Where(static line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal)).Take(2).DefaultIfEmpty(reason));
