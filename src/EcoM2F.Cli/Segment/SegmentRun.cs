using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment.Datasets;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Files;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Cli.Segment;

/// <summary>Segments many images through the serving pipeline: what is there already is left alone, a bad image fails alone.</summary>
internal sealed class SegmentRun(SegmentOptions options, Report report)
{
    /// <summary>Enough to decode the next images and finish the last while one is on the device.</summary>
    private static readonly int InFlight = Math.Max(2, Environment.ProcessorCount);

    private readonly Lock _lock = new();
    private readonly SegmentTally _tally = new();

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var all = ImageList.Find(options.Inputs, Console.In, options.Output, ResultNames.Read(options.Output));
        var images = all.Where((_, position) => options.Shard.Takes(position)).ToList();
        RefuseToOverwrite(all);
        RunRecord.Check(options.Output, Describe());
        var assembly = options.Formats.Datasets.Count > 0 ? new DatasetAssembly(options, all) : null;
        var todo = images.Where(image => !options.Formats.Files.All(format => File.Exists(format.Target(options.Output, image)))).ToList();
        if (todo.Count > 0)
        {
            await SegmentAllAsync(todo, all, cancellationToken);
        }

        var written = assembly?.Write(cancellationToken) ?? [];
        SegmentSummary.Show(report, options, _tally, (images.Count, todo.Count), written);
        return _tally.Failed.Count == 0 ? ExitCode.Done : ExitCode.BadInput;
    }

    /// <param name="all">Images of the whole command, also those of other shards.</param>
    private async Task SegmentAllAsync(List<ImageFile> images, IReadOnlyList<ImageFile> all, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddMetrics()
            .AddOptions()
            .Configure<EngineOptions>(engine => (engine.ExecutionProvider, engine.Precision, engine.Warmup, engine.QueueImages, engine.StemCacheMegabytes) =
                (options.ExecutionProvider, options.Precision, false, Math.Max(engine.QueueImages, InFlight), 0))
            .Configure<SchedulingOptions>(static scheduling => (scheduling.TargetMilliseconds, scheduling.MaxQueueMilliseconds) = (0, 0)) // nobody waits, and results depend on the images alone
            .AddEcoM2FEngine()
            .BuildServiceProvider();
        var models = services.GetRequiredService<ModelRegistry>();
        await models.LoadAsync([options.Model.Path], cancellationToken);
        var model = models.Get(options.Model.Manifest.Name);
        RunRecord.Write(options.Output, Describe());
        ResultNames.Write(options.Output, all);
        var pipeline = services.GetRequiredService<SegmentationPipeline>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellationToken };
        await report.TrackAsync(
            "segment",
            images.Count,
            advance => Parallel.ForEachAsync(images, parallel, async (image, token) =>
            {
                await SegmentAsync(pipeline, model, image, token);
                lock (_lock)
                {
                    advance();
                }
            }),
            () => _tally.Status);
    }

    /// <summary>What is wrong with an image fails that image; what is wrong with the output folder ends the run.</summary>
    private async Task SegmentAsync(SegmentationPipeline pipeline, LoadedModel model, ImageFile image, CancellationToken cancellationToken)
    {
        ImageTally found;
        List<(string Target, ReadOnlyMemory<byte> Content)> files;
        try
        {
            var request = new SegmentationRequest
            {
                Model = model,
                Image = await File.ReadAllBytesAsync(image.Path, cancellationToken),
                Postprocessing = options.Postprocessing,
                Budget = options.Budget,
                WithPixels = options.Formats.Files.Any(static format => format.NeedsPixels),
            };
            (files, found) = await pipeline.SegmentAsync(request, result => (Encode(image, result), ImageTally.Of(result)), cancellationToken);
        }
        catch (Exception exception) when (exception is SegmentationException or IOException or UnauthorizedAccessException)
        {
            lock (_lock)
            {
                _tally.AddFailure(image.Path, exception.Message);
            }

            return;
        }

        foreach (var (target, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            AtomicFile.Write(target, target + ".tmp", content.Span);
        }

        lock (_lock)
        {
            _tally.Add(found);
        }
    }

    private List<(string Target, ReadOnlyMemory<byte> Content)> Encode(ImageFile image, SegmentationResult result) =>
        [.. options.Formats.Files.Select(format => (format.Target(options.Output, image), format.Encode(result)))];

    private JsonObject Describe()
    {
        var run = new JsonObject
        {
            ["model"] = options.Model.Manifest.Name,
            ["model_sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(options.Model.Path, ModelManifest.FileName)))),
            ["task"] = string.Join(",", options.Postprocessing.Tasks.ToNames()),
            ["budget"] = options.Given["budget"],
            ["format"] = string.Join(",", options.Formats.Names),
        };
        foreach (var name in RequestParameters.Allowed.Keys.Where(static name => name is not (RequestParameters.Model or RequestParameters.Task)))
        {
            run[name] = options.Given.GetValueOrDefault(name);
        }

        return run;
    }

    /// <param name="images">Of the whole command, also those of other shards.</param>
    private void RefuseToOverwrite(IReadOnlyList<ImageFile> images)
    {
        var inputs = images.Select(static image => image.Path).ToHashSet(StringComparer.Ordinal);
        var targets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var target in images.SelectMany(image => options.Formats.Files.Select(format => Path.GetFullPath(format.Target(options.Output, image)))))
        {
            if (!targets.Add(target))
            {
                throw new CliException($"{target} would be the result of two images (NAME{ResultFormat.Confidence.Ending} belongs to NAME, and so does the .png of NAME.confidence); rename one, or leave --{RequestParameters.Confidence} out.");
            }

            if (inputs.Contains(target))
            {
                throw new CliException($"{target} is an image to segment and would be overwritten; choose another output folder.");
            }
        }
    }
}
