using System.CommandLine;
using System.Globalization;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment;
using EcoM2F.Cli.Segment.Datasets;
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
        var inputs = new Argument<string[]>("IMAGE|FOLDER") { Description = "Images, folders to search for images, patterns (\"photos/**/*.jpg\"), and - for a list of images on stdin, one a line.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder for results; created if it does not exist.", Required = true, HelpName = "OUT" };
        var model = new Option<string?>("--model") { Description = "Model folder, or the name of one in the models folder [default: default].", HelpName = "MODEL" };
        var budget = new Option<string>(BudgetName) { Description = "As the Compute-Budget header: \"profile=fast, max-depth=4\", \"beta=0.5\", \"depth=3\" [default: the model's default profile].", DefaultValueFactory = static _ => "", HelpName = "BUDGET" };
        var format = new Option<string?>("--format") { Description = "Comma-separated list of json, png (segment ids), overlay (WebP to look at); and, for all images together, coco, coco-panoptic, labelstudio, yolo (docs/outputs.md) [default: json, and png with exactly one of panoptic and semantic].", HelpName = "FORMATS" };
        format.CompletionSources.Add([.. OutputFormats.AllNames]);
        var imageIds = new Option<string?>("--image-ids") { Description = "COCO JSON whose images have the ids for coco and coco-panoptic, by file name [default: the names' own numbers, else 1, 2, ...].", HelpName = "FILE" };
        var summary = new Option<bool>("--summary") { Description = "Show in the end how many images ran to each depth, and how often each class was found." };
        var shard = new Option<string>("--shard") { Description = "Only the i-th of n parts: i/n with i from 1, or job/n with JOB_COMPLETION_INDEX in the environment.", DefaultValueFactory = static _ => "1/1", HelpName = "i/n" };
        var provider = SharedOptions.Choice("--execution-provider", "What the model runs on.", ExecutionTarget.CpuProvider, ExecutionTarget.CudaProvider);
        var precision = SharedOptions.Precision();
        var json = SharedOptions.Json();
        var parameters = Parameters();
        var command = new Command("segment", "Segment images. Run the same command again to resume. Exit code 2 if an image could not be segmented.")
        {
            inputs, output, model, budget, format, imageIds, summary, shard, provider, precision, json,
        };
        parameters.Single(static option => option.Name == $"--{RequestParameters.MaskSize}").CompletionSources.Add(RequestParameters.OriginalSize, RequestParameters.ModelSize);
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
                    .Select(option => (Name: option.Name.TrimStart('-'), Value: parsed.GetValue(option) ?? (parsed.GetResult(option) is null ? null : RequestParameters.True)))
                    .Where(static parameter => parameter.Value is not null)
                    .ToDictionary(static parameter => parameter.Name, static parameter => parameter.Value!, StringComparer.Ordinal);
                var postprocessing = Read(given, folder.Manifest);
                var formats = OutputFormats.Parse(parsed.GetValue(format), postprocessing);
                var ids = parsed.GetValue(imageIds);
                RequireUse(formats, postprocessing, ids);
                var options = new SegmentOptions
                {
                    Inputs = parsed.GetRequiredValue(inputs),
                    Output = parsed.GetRequiredValue(output).FullName,
                    Model = folder,
                    Postprocessing = postprocessing,
                    Budget = Named(BudgetName, () => ModelBudget.For(asked, folder.Manifest)),
                    Given = new Dictionary<string, string>(given) { ["budget"] = budgetText.Length == 0 ? "none" : budgetText },
                    Formats = formats,
                    ImageIds = ids,
                    Summary = parsed.GetValue(summary),
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
            Arity = parameter.Key == RequestParameters.Confidence ? ArgumentArity.Zero : ArgumentArity.ExactlyOne, // given, it is true
        }),
    ];

    private static string Default(string parameter) => parameter switch
    {
        RequestParameters.Task => "panoptic, or the model's first task",
        RequestParameters.Classes => "all classes",
        RequestParameters.MinArea or RequestParameters.FillHoles => "0",
        RequestParameters.MaskSize => RequestParameters.OriginalSize,
        RequestParameters.Confidence => "false",
        RequestParameters.Segmentation => RequestParameters.Rle,
        RequestParameters.Tolerance => MaskPolygons.DefaultTolerance.ToString(CultureInfo.InvariantCulture),
        _ => "the model's",
    };

    /// <exception cref="CliException">An option that none of the formats uses.</exception>
    private static void RequireUse(OutputFormats formats, PostprocessingParameters parameters, string? imageIds)
    {
        if (parameters.PolygonTolerance is not null && !formats.Files.Contains(ResultFormat.Json))
        {
            throw new CliException($"--{RequestParameters.Segmentation} {RequestParameters.Polygon} is of --format json alone; this run has --format {string.Join(",", formats.Names)}.");
        }

        if (!parameters.MaskSize.IsOriginal && formats.Names.FirstOrDefault(static name => name != ResultFormat.Json.Name && name != ResultFormat.Png.Name) is { } other)
        {
            throw new CliException($"--{RequestParameters.MaskSize} is of --format json and png alone: {other} has the size of the image. This run has --format {string.Join(",", formats.Names)}; leave {other} out, or write --{RequestParameters.MaskSize} {RequestParameters.OriginalSize}.");
        }

        if (imageIds is not null && !formats.Datasets.Any(static format => format.HasImageIds))
        {
            throw new CliException($"--image-ids applies to --format {string.Join(" and ", DatasetFormat.All.Where(static format => format.HasImageIds).Select(static format => format.Name))}; this run has --format {string.Join(",", formats.Names)}.");
        }
    }

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
