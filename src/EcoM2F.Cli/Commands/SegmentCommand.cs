using System.CommandLine;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment;
using EcoM2F.Inference;
using EcoM2F.Inference.Depth;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f segment</c>: images and folders of images, through the pipeline that serves.</summary>
internal static class SegmentCommand
{
    public static Command Create()
    {
        var inputs = new Argument<string[]>("IMAGE|FOLDER") { Description = "Images, and folders to search for images.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder for results; made if it is not there.", Required = true, HelpName = "OUT" };
        var model = new Option<string?>("--model") { Description = "Model folder, or the name of one in the models folder [default: default].", HelpName = "MODEL" };
        var task = new Option<string>("--task") { Description = "Comma list of panoptic, instance, semantic [default: panoptic, or the model's first task].", DefaultValueFactory = static _ => "" };
        var budget = new Option<string>("--budget") { Description = "As the Compute-Budget header: \"profile=fast, max-depth=4\", \"beta=0.5\", \"depth=3\" [default: the model's default profile].", DefaultValueFactory = static _ => "" };
        var format = new Option<string>("--format") { Description = "Comma list of json, png (segment ids), overlay (WebP to look at) [default: json,png].", DefaultValueFactory = static _ => "json,png" };
        var shard = new Option<string>("--shard") { Description = "Only the i-th of n parts: i/n with i from 1, or job/n with JOB_COMPLETION_INDEX in the environment.", DefaultValueFactory = static _ => "1/1", HelpName = "i/n" };
        var provider = new Option<string>("--execution-provider") { Description = "cpu or cuda [default: cpu].", DefaultValueFactory = static _ => EngineOptions.Cpu };
        provider.AcceptOnlyFromAmong(EngineOptions.Cpu, EngineOptions.Cuda);
        var json = SharedOptions.Json();
        var command = new Command("segment", "Segment images. The same command goes on where it stopped. Exit code 2 where an image could not be segmented.")
        {
            inputs, output, model, task, budget, format, shard, provider, json,
        };
        command.SetAction((parsed, cancellationToken) => CommandRunner.RunAsync(() =>
        {
            var budgetText = parsed.GetRequiredValue(budget);
            var tasks = ParseTasks(parsed.GetRequiredValue(task));
            var options = new SegmentOptions(
                parsed.GetRequiredValue(inputs),
                parsed.GetRequiredValue(output).FullName,
                FindModel(parsed.GetValue(model)),
                tasks,
                budgetText,
                budgetText.Length == 0 ? ComputeBudget.None : ComputeBudgetParser.Parse(budgetText),
                ParseFormats(parsed.GetRequiredValue(format), tasks),
                Shard.Parse(parsed.GetRequiredValue(shard)),
                parsed.GetRequiredValue(provider));
            return new SegmentRun(options, new Report(parsed.GetValue(json))).RunAsync(cancellationToken);
        }));
        return command;
    }

    private static string FindModel(string? model)
    {
        if (model is not null && Directory.Exists(model))
        {
            return Path.GetFullPath(model);
        }

        var folder = Path.Combine(ModelsFolderLocator.Find(null, Environment.CurrentDirectory, AppContext.BaseDirectory), model ?? ModelRegistry.DefaultName);
        return Directory.Exists(folder) ? folder : throw new CliException($"--model: there is no folder '{model ?? folder}'; name a model folder (it holds model.json).");
    }

    private static SegmentationTasks ParseTasks(string text)
    {
        var tasks = SegmentationTasks.None;
        foreach (var name in Split(text))
        {
            tasks |= name switch
            {
                "panoptic" => SegmentationTasks.Panoptic,
                "instance" => SegmentationTasks.Instance,
                "semantic" => SegmentationTasks.Semantic,
                _ => throw new CliException($"--task: '{name}' is unknown; allowed are panoptic, instance, semantic."),
            };
        }

        return tasks;
    }

    /// <summary>A PNG holds the ids of one map: panoptic or semantic.</summary>
    private static List<ResultFormat> ParseFormats(string text, SegmentationTasks tasks)
    {
        var formats = Split(text).Distinct().Select(static name => ResultFormat.All.FirstOrDefault(format => format.Name == name)
            ?? throw new CliException($"--format: '{name}' is unknown; allowed are {string.Join(", ", ResultFormat.All.Select(static format => format.Name))}.")).ToList();
        var maps = tasks & (SegmentationTasks.Panoptic | SegmentationTasks.Semantic);
        if (formats.Any(static format => format.Name == "png") && tasks != SegmentationTasks.None && maps is not (SegmentationTasks.Panoptic or SegmentationTasks.Semantic))
        {
            throw new CliException("--format png needs exactly one of the tasks panoptic and semantic; choose --format json or overlay, or another --task.");
        }

        return formats.Count > 0 ? formats : throw new CliException("--format is empty; allowed are json, png, overlay.");
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
