using System.CommandLine;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f segment</c>: images and folders of images, through the pipeline that serves.</summary>
internal static class SegmentCommand
{
    private const string BudgetName = "--budget";

    public static Command Create()
    {
        var inputs = new Argument<string[]>("IMAGE|FOLDER") { Description = "Images, and folders to search for images.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder for results; created if it does not exist.", Required = true, HelpName = "OUT" };
        var model = new Option<string?>("--model") { Description = "Model folder, or the name of one in the models folder [default: default].", HelpName = "MODEL" };
        var budget = new Option<string>(BudgetName) { Description = "As the Compute-Budget header: \"profile=fast, max-depth=4\", \"beta=0.5\", \"depth=3\" [default: the model's default profile].", DefaultValueFactory = static _ => "", HelpName = "BUDGET" };
        var format = new Option<string?>("--format") { Description = "Comma-separated list of json, png (segment ids), overlay (WebP to look at) [default: json, and png with exactly one of panoptic and semantic].", HelpName = "FORMATS" };
        var shard = new Option<string>("--shard") { Description = "Only the i-th of n parts: i/n with i from 1, or job/n with JOB_COMPLETION_INDEX in the environment.", DefaultValueFactory = static _ => "1/1", HelpName = "i/n" };
        var provider = SharedOptions.Choice("--execution-provider", "What the model runs on.", ExecutionTarget.CpuProvider, ExecutionTarget.CudaProvider);
        var precision = SharedOptions.Precision();
        var json = SharedOptions.Json();
        var parameters = Parameters();
        var command = new Command("segment", "Segment images. Run the same command again to resume. Exit code 2 if an image could not be segmented.")
        {
            inputs, output, model, budget, format, shard, provider, precision, json,
        };
        parameters.ForEach(command.Options.Add);
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            return CommandRunner.RunAsync(report, () =>
            {
                // Spelling first, so that a mistake is named even where the model is not found.
                var budgetText = parsed.GetRequiredValue(budget).Trim();
                var asked = Named(BudgetName, () => ComputeBudgetParser.Parse(budgetText));
                var part = Shard.Parse(parsed.GetRequiredValue(shard));
                var folder = ModelFolder.Open(FindModel(parsed.GetValue(model)));
                var given = parameters
                    .Select(option => (Name: option.Name.TrimStart('-'), Value: parsed.GetValue(option)))
                    .Where(static parameter => parameter.Value is not null)
                    .ToDictionary(static parameter => parameter.Name, static parameter => parameter.Value!, StringComparer.Ordinal);
                var postprocessing = Read(given, folder.Manifest);
                var options = new SegmentOptions
                {
                    Inputs = parsed.GetRequiredValue(inputs),
                    Output = parsed.GetRequiredValue(output).FullName,
                    Model = folder,
                    Postprocessing = postprocessing,
                    Budget = Named(BudgetName, () => ModelBudget.For(asked, folder.Manifest)),
                    Given = new Dictionary<string, string>(given) { ["budget"] = budgetText.Length == 0 ? "none" : budgetText },
                    Formats = ResultFormat.ParseList(parsed.GetValue(format), postprocessing.Tasks),
                    Shard = part,
                    ExecutionProvider = parsed.GetRequiredValue(provider),
                    Precision = parsed.GetRequiredValue(precision),
                };
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
        return Directory.Exists(folder) ? folder : throw new CliException($"--model: the folder '{model ?? folder}' does not exist; give a model folder, or the name of one in the models folder.");
    }

    /// <summary>The parameters of a request as options of the same names.</summary>
    private static List<Option<string?>> Parameters() =>
    [
        .. RequestParameters.Allowed.Where(static parameter => parameter.Key != RequestParameters.Model).Select(static parameter => new Option<string?>($"--{parameter.Key}")
        {
            Description = $"{char.ToUpperInvariant(parameter.Value[0])}{parameter.Value[1..]} [default: {Default(parameter.Key)}].",
            HelpName = parameter.Key.Split('-')[^1].ToUpperInvariant(),
        }),
    ];

    private static string Default(string parameter) => parameter switch
    {
        RequestParameters.Task => "panoptic, or the model's first task",
        RequestParameters.Classes => "all classes",
        _ => "the model's",
    };

    private static PostprocessingParameters Read(Dictionary<string, string> given, ModelManifest model)
    {
        try
        {
            return RequestParameters.Read(given.ToDictionary(static entry => entry.Key, static entry => (IReadOnlyList<string?>)[entry.Value]), model);
        }
        catch (SegmentationException exception)
        {
            throw new CliException($"--{exception.Message}");
        }
    }

    private static T Named<T>(string option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SegmentationException exception)
        {
            throw new CliException($"{option}: {exception.Message}");
        }
    }
}
