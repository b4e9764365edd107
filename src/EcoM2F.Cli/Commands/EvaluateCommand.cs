using System.CommandLine;
using EcoM2F.Cli.Evaluate;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Onnx;
using EcoM2F.Recipe.Evaluation;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f evaluate</c>: policies side by side on a data set.</summary>
internal static class EvaluateCommand
{
    private const int MostExamples = 24;

    public static Command Create()
    {
        var model = SharedOptions.Model();
        var dataset = SharedOptions.Dataset();
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder for report.json, report.html and measured.jsonl, from which the same command resumes; created if it does not exist.", Required = true, HelpName = "report/" };
        var policy = new Option<string?>("--policy")
        {
            Description = "Comma-separated list of static:K, static:SIZE/K, gate:PROFILE[/unguarded], utility:BETA[/unguarded], depth-only:BETA, size-only:BETA, oracle:BETA, random[:PROFILE], mirror:BETA (runs every image twice), saturation:C [default: all but mirror, at usual values].",
            HelpName = "POLICIES",
        };
        var agreement = SharedOptions.Agreement();
        var against = new Option<DirectoryInfo?>("--against") { Description = "Folder that 'evaluate' wrote for another model on the same data set: compares every exit, paired by image.", HelpName = "report/" };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the bootstrap and of random policies.", DefaultValueFactory = static _ => 0, HelpName = "N" };
        var examples = new Option<int>("--examples") { Description = $"Number of images shown in report.html, 0 to {MostExamples}.", DefaultValueFactory = static _ => 6, HelpName = "N" };
        examples.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var count) && count is < 0 or > MostExamples)
            {
                result.AddError($"--examples is {count}; allowed are 0 to {MostExamples}.");
            }
        });
        var tune = new Option<bool>("--tune-thresholds") { Description = "Also find score thresholds of single classes, on a set with labels of the task panoptic or instance: chosen by each half of the images, judged on the other." };
        var write = new Option<bool>("--write") { Description = "Write the thresholds, chosen by all images, into MODEL where images that did not choose them are better off." };
        var force = new Option<bool>("--force") { Description = "Write them even if those images are not better off." };
        var provider = SharedOptions.Choice("--execution-provider", "What the model runs on.", ExecutionTarget.CpuProvider, ExecutionTarget.CudaProvider);
        var precision = SharedOptions.Precision();
        var json = SharedOptions.Json();
        var command = new Command("evaluate", "Measure every exit (and size, where there are several) on a data set once and compare policies for choosing among them, in report.json and report.html. Run the same command again to resume.")
        {
            model, dataset, output, policy, agreement, against, seed, examples, tune, write, force, provider, precision, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            return CommandRunner.RunAsync(report, () => Task.Run(
                () =>
                {
                    if (parsed.GetValue(policy) is { } policies)
                    {
                        PolicyParser.Parse(policies, model: null); // spelling first, before a model is loaded
                    }

                    if ((parsed.GetValue(write) && !parsed.GetValue(tune)) || (parsed.GetValue(force) && !parsed.GetValue(write)))
                    {
                        throw new CliException("--write goes with --tune-thresholds, and --force with --write.");
                    }

                    return new EvaluateRun(
                        parsed.GetRequiredValue(model).FullName,
                        parsed.GetRequiredValue(dataset).FullName,
                        parsed.GetRequiredValue(output).FullName,
                        parsed.GetValue(policy),
                        parsed.GetValue(against)?.FullName,
                        parsed.GetValue(seed),
                        parsed.GetValue(examples),
                        parsed.GetRequiredValue(provider))
                    {
                        Agreement = parsed.GetValue(agreement),
                        Precision = parsed.GetRequiredValue(precision),
                        Tune = parsed.GetValue(tune),
                        Write = parsed.GetValue(write),
                        Force = parsed.GetValue(force),
                    }.RunAsync(report, cancellationToken);
                },
                cancellationToken));
        });
        return command;
    }
}
