using System.CommandLine;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f segment</c>: images and folders of images, through the pipeline that serves.</summary>
internal static class SegmentCommand
{
    public static Command Create()
    {
        var inputs = new Argument<string[]>("IMAGE|FOLDER") { Description = "Images, and folders to search for images.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder for results; made if it is not there.", Required = true, HelpName = "OUT" };
        var model = new Option<string?>("--model") { Description = "Model folder, or the name of one in the models folder [default: default].", HelpName = "MODEL" };
        var task = new Option<string>("--task") { Description = $"Comma list of {string.Join(", ", TaskNames.All)} [default: panoptic, or the model's first task].", DefaultValueFactory = static _ => "", HelpName = "TASKS" };
        var budget = new Option<string>("--budget") { Description = "As the Compute-Budget header: \"profile=fast, max-depth=4\", \"beta=0.5\", \"depth=3\" [default: the model's default profile].", DefaultValueFactory = static _ => "", HelpName = "BUDGET" };
        var format = new Option<string?>("--format") { Description = "Comma list of json, png (segment ids), overlay (WebP to look at) [default: json, and png with exactly one of panoptic and semantic].", HelpName = "FORMATS" };
        var shard = new Option<string>("--shard") { Description = "Only the i-th of n parts: i/n with i from 1, or job/n with JOB_COMPLETION_INDEX in the environment.", DefaultValueFactory = static _ => "1/1", HelpName = "i/n" };
        var provider = SharedOptions.Choice("--execution-provider", "What the model runs on.", EngineOptions.Cpu, EngineOptions.Cuda);
        var json = SharedOptions.Json();
        var command = new Command("segment", "Segment images. The same command goes on where it stopped. Exit code 2 where an image could not be segmented.")
        {
            inputs, output, model, task, budget, format, shard, provider, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            return CommandRunner.RunAsync(report, () =>
            {
                var words = (Task: parsed.GetRequiredValue(task), Budget: parsed.GetRequiredValue(budget), Format: parsed.GetValue(format));
                var part = Shard.Parse(parsed.GetRequiredValue(shard));

                // Spelling first, so that a mistake is named even where the model is not found.
                SegmentWords.ParseFormats(words.Format, SegmentWords.ParseTasks(words.Task, model: null));
                SegmentWords.ParseBudget(words.Budget, model: null);
                var folder = ModelFolder.Open(FindModel(parsed.GetValue(model)));
                var tasks = SegmentWords.ParseTasks(words.Task, folder.Manifest);
                var options = new SegmentOptions(
                    parsed.GetRequiredValue(inputs),
                    parsed.GetRequiredValue(output).FullName,
                    folder,
                    tasks,
                    words.Budget.Trim(),
                    SegmentWords.ParseBudget(words.Budget, folder.Manifest),
                    SegmentWords.ParseFormats(words.Format, tasks),
                    part,
                    parsed.GetRequiredValue(provider));
                return new SegmentRun(options, report).RunAsync(cancellationToken);
            });
        });
        return command;
    }

    internal static string FindModel(string? model)
    {
        if (model is not null && Directory.Exists(model))
        {
            return Path.GetFullPath(model);
        }

        var folder = Path.Combine(ModelsFolderLocator.Find(null, Environment.CurrentDirectory, AppContext.BaseDirectory), model ?? ModelRegistry.DefaultName);
        return Directory.Exists(folder) ? folder : throw new CliException($"--model: there is no folder '{model ?? folder}'; give a model folder, or the name of one in the models folder.");
    }
}
