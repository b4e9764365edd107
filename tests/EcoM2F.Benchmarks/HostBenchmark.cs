using System.Diagnostics;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Tests.Plain;
using EcoM2F.TestSupport;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Benchmarks;

/// <summary>
/// What is done for an image outside of the model, on one thread: each part beside the same without shortcuts, in turn, so that their ratio holds
/// whatever else the machine does; and masks on several threads beside one. Photos of 640 x 480 on the default model.
/// </summary>
internal static class HostBenchmark
{
    public const int DefaultRounds = 15;

    private const int Warmups = 12;
    private const int Side = 640;
    private const int LargeWidth = 4000;
    private const int LargeHeight = 3000;
    private const int LargeRounds = 5;

    private const SegmentationTasks AllTasks = SegmentationTasks.Panoptic | SegmentationTasks.Instance | SegmentationTasks.Semantic;

    private static readonly ImageLimits Limits = new();

    public static void Run(int rounds)
    {
        OrtRuntime.Initialize(0);
        var folder = ModelFolder.Open(RepositoryPaths.DefaultModel);
        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu);
        var photos = EncodedImages.Make(large: false).First(static set => set.Kind == EncodedImages.Usual).Files
            .Select(file => new HostPhoto(file, Predict(sessions, folder.Manifest, file))).ToList();
        foreach (var procedure in (string[])[PostprocessingSettings.Meta, PostprocessingSettings.HuggingFace])
        {
            var parameters = PostprocessingParameters.For(folder.Manifest, AllTasks) with { Procedure = procedure };
            Console.WriteLine($"masks by {procedure} equal to the plain ones: {photos.Count(photo => HasEqualMasks(photo, parameters))} of {photos.Count} photos");
        }

        Console.WriteLine($"{photos.Count} photos of {Side} x 480 as JPEG; medians of {rounds} rounds, each the mean of the photos; one thread");
        Console.WriteLine($"{"part",-34}{"plain ms",10}{"ms",8}{"ratio",8}{"plain KB",11}{"KB",9}");
        foreach (var part in Parts(folder.Manifest))
        {
            Print(part, photos, rounds);
        }

        Console.WriteLine($"the same photos' masks at {LargeWidth} x {LargeHeight}: one thread, then {Environment.ProcessorCount}");
        foreach (var part in DividedParts(folder.Manifest))
        {
            Print(part, photos, Math.Min(rounds, LargeRounds));
        }
    }

    private static IEnumerable<HostPart> DividedParts(ModelManifest model)
    {
        foreach (var task in (SegmentationTasks[])[SegmentationTasks.Panoptic, SegmentationTasks.Instance, SegmentationTasks.Semantic])
        {
            var parameters = PostprocessingParameters.For(model, task);
            yield return new HostPart(
                $"masks, {parameters.Procedure}, {task.ToString().ToLowerInvariant()}",
                photo => MaskPostprocessor.Run(photo.Predictions, Large(photo), parameters, CancellationToken.None),
                photo => MaskPostprocessor.Run(photo.Predictions, Large(photo), parameters with { Threads = Environment.ProcessorCount }, CancellationToken.None));
        }

        static ImageGeometry Large(HostPhoto photo) => photo.Geometry with { Height = LargeHeight, Width = LargeWidth };
    }

    private static IEnumerable<HostPart> Parts(ModelManifest model)
    {
        yield return new HostPart("decode", static photo => PlainDecode(photo.File), static photo => Decode(photo.File));
        yield return new HostPart("decode, Display P3", static photo => PlainDecode(photo.FileInDisplayP3), static photo => Decode(photo.FileInDisplayP3));
        yield return new HostPart("resize and normalise", photo => PlainTensor(photo, model), photo => ImagePreprocessor.ToTensor(photo.Pixels, model.Preprocessing, photo.Geometry.Input).Dispose());
        foreach (var procedure in (string[])[PostprocessingSettings.Meta, PostprocessingSettings.HuggingFace])
        {
            foreach (var task in (SegmentationTasks[])[SegmentationTasks.Panoptic, SegmentationTasks.Instance, SegmentationTasks.Semantic])
            {
                var parameters = PostprocessingParameters.For(model, task) with { Procedure = procedure };
                yield return new HostPart(
                    $"masks, {procedure}, {task.ToString().ToLowerInvariant()}",
                    photo => PlainMaskPostprocessor.Run(photo.Predictions, photo.Geometry, parameters, CancellationToken.None),
                    photo => MaskPostprocessor.Run(photo.Predictions, photo.Geometry, parameters, CancellationToken.None));
            }
        }

        var panoptic = PostprocessingParameters.For(model, SegmentationTasks.Panoptic);
        yield return new HostPart(
            "masks, meta, panoptic, and PNG",
            photo => PanopticPng.Encode(PlainMaskPostprocessor.Run(photo.Predictions, photo.Geometry, panoptic, CancellationToken.None).Panoptic!),
            photo => PanopticPng.Encode(MaskPostprocessor.Run(photo.Predictions, photo.Geometry, panoptic, CancellationToken.None).Panoptic!));
    }

    private static void Print(HostPart part, List<HostPhoto> photos, int rounds)
    {
        var (plain, ours, ratios) = (new List<double>(), new List<double>(), new List<double>());
        var (plainBytes, bytes) = (0L, 0L);
        for (var round = -Warmups; round < rounds; round++)
        {
            (var before, plainBytes) = Measure(photos, part.Plain);
            (var after, bytes) = Measure(photos, part.Run);
            if (round >= 0)
            {
                plain.Add(before);
                ours.Add(after);
                ratios.Add(before / after);
            }
        }

        Console.WriteLine(FormattableString.Invariant(
            $"{part.Name,-34}{plain.Median(),10:0.00}{ours.Median(),8:0.00}{ratios.Median(),8:0.00}{plainBytes / 1024.0,11:0.0}{bytes / 1024.0,9:0.0}"));
    }

    /// <returns>Mean milliseconds and allocated bytes of a photo.</returns>
    private static (double Milliseconds, long Bytes) Measure(List<HostPhoto> photos, Action<HostPhoto> run)
    {
        var (start, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        photos.ForEach(run);
        var (bytes, time) = (GC.GetAllocatedBytesForCurrentThread() - before, Stopwatch.GetElapsedTime(start));
        return (time.TotalMilliseconds / photos.Count, bytes / photos.Count);
    }

    private static bool HasEqualMasks(HostPhoto photo, PostprocessingParameters parameters)
    {
        var plain = PlainMaskPostprocessor.Run(photo.Predictions, photo.Geometry, parameters, CancellationToken.None);
        var ours = MaskPostprocessor.Run(photo.Predictions, photo.Geometry, parameters, CancellationToken.None);
        return plain.Panoptic!.Segments.SequenceEqual(ours.Panoptic!.Segments)
            && plain.Panoptic.Ids.AsSpan().SequenceEqual(ours.Panoptic.Ids)
            && plain.Instances!.SequenceEqual(ours.Instances!)
            && plain.Semantic!.Labels.AsSpan().SequenceEqual(ours.Semantic!.Labels)
            && plain.Semantic.Segments.Select(static segment => segment.Mask).SequenceEqual(ours.Semantic.Segments.Select(static segment => segment.Mask));
    }

    private static void Decode(byte[] file)
    {
        var header = ImageDecoder.ReadHeader(file, Limits);
        ImageDecoder.Decode(file, header, CancellationToken.None).Dispose();
    }

    private static void PlainDecode(byte[] file)
    {
        var header = ImageDecoder.ReadHeader(file, Limits);
        PlainImageDecoder.Decode(file, header, CancellationToken.None);
    }

    private static void PlainTensor(HostPhoto photo, ModelManifest model)
    {
        using var tensor = new ImageTensor(photo.Geometry.Input);
        PlainImagePreprocessor.ToTensor(photo.Pixels, model.Preprocessing, tensor.Size, tensor.Memory.Span);
    }

    private static HostPrediction Predict(ModelSessions sessions, ModelManifest model, byte[] file)
    {
        var pixels = ImageDecoder.Decode(file, Limits, CancellationToken.None);
        using var tensor = ImagePreprocessor.ToTensor(pixels, model.Preprocessing);
        using var options = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, tensor.Memory, tensor.Shape);
        using var stem = sessions.RunStem(input, options);
        using var encoder = sessions.RunEncoder(model.MaxDepth, stem, options);
        using var decoded = sessions.RunDecoder(encoder, stem, null, options);
        var predictions = new QueryPredictions(
            decoded.ClassLogits.ToArray(), decoded.MaskLogits.ToArray(), decoded.Queries, decoded.Classes - 1, decoded.MaskHeight, decoded.MaskWidth);
        return new HostPrediction(pixels, predictions, new ImageGeometry(tensor.Size, pixels.Height, pixels.Width));
    }
}
