using System.CommandLine;
using EcoM2F.Cli.Derive;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f derive</c>: step B, the rows that gates are trained on.</summary>
internal static class DeriveCommand
{
    public static Command Create()
    {
        var model = SharedOptions.Model();
        var dataset = SharedOptions.Dataset();
        var output = new Option<FileInfo>("--output", "-o") { Description = "File for the rows, one JSON object per line.", Required = true, HelpName = "derived.jsonl" };
        var shard = new Option<string>("--shard") { Description = "Only the i-th of n parts: i/n with i from 1, or job/n with JOB_COMPLETION_INDEX in the environment. Join the parts with cat.", DefaultValueFactory = static _ => "1/1", HelpName = "i/n" };
        var agreement = SharedOptions.Agreement();
        var against = new Option<FileInfo?>("--against") { Description = "With --agreement: rows of quality of the same set and model; prints how well agreement ranks points and images as quality does.", HelpName = "derived.jsonl" };
        var provider = SharedOptions.Choice("--execution-provider", "What the model runs on.", ExecutionTarget.CpuProvider, ExecutionTarget.CudaProvider);
        var precision = SharedOptions.Precision();
        var json = SharedOptions.Json();
        var command = new Command("derive", "Step B: record every image's quality at every exit (and size, where there are several), and the features that gates read. Run the same command again to resume.")
        {
            model, dataset, output, shard, agreement, against, provider, precision, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            return CommandRunner.RunAsync(report, () => Task.Run(
                () => new DeriveRun(
                    parsed.GetRequiredValue(model).FullName,
                    parsed.GetRequiredValue(dataset).FullName,
                    parsed.GetRequiredValue(output).FullName,
                    Shard.Parse(parsed.GetRequiredValue(shard)),
                    parsed.GetRequiredValue(provider),
                    report)
                {
                    Agreement = parsed.GetValue(agreement),
                    Against = parsed.GetValue(against)?.FullName,
                    Precision = parsed.GetRequiredValue(precision),
                }.RunAsync(cancellationToken),
                cancellationToken));
        });
        return command;
    }
}
