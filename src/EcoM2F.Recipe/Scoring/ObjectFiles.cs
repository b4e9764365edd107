using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Scoring;

/// <summary>Scored masks or boxes in COCO's result file against true ones; the numbers of pycocotools' COCOeval.</summary>
public static class ObjectFiles
{
    /// <param name="truthFile">COCO instances or detections.</param>
    /// <param name="predictionFile">A list of results, or an object whose <c>annotations</c> is one.</param>
    /// <param name="withMasks">Masks and boxes; otherwise boxes alone.</param>
    /// <exception cref="RecipeException">A file is wrong; the message names it, the entry and the field.</exception>
    public static ObjectFileScore Score(
        string truthFile, string predictionFile, bool withMasks, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var listed = InputFile.ReadJson(truthFile, "ground truth", CocoJson.Default.CocoObjectFile);
        var classes = ClassMap.OfItself(listed.Categories, truthFile);
        var images = CocoImages.Read(listed.Images, truthFile);
        var (truthReader, predictionReader) = (new ObjectReader(truthFile, images, classes), new ObjectReader(predictionFile, images, classes));
        var truth = truthReader.ReadTruth(listed.Annotations, withMasks).ToLookup(static entry => entry.Image.Id);
        var predictions = ReadPredictions(predictionFile, predictionReader).ToLookup(static entry => entry.Image.Id);
        var matches = EntryWork.ForAll(
            [.. images],
            image => Match([.. truth[image.Id].Select(entry => entry.ToTruth(withMasks))], [.. predictions[image.Id].Select(entry => entry.ToDetection(withMasks))], withMasks),
            progress,
            cancellationToken);
        var boxes = new PrecisionSetMetric([.. matches.Select(static match => match.Boxes)], classes.Classes.Count).Score();
        var masks = withMasks ? new PrecisionSetMetric([.. matches.Select(static match => match.Masks!)], classes.Classes.Count).Score() : null;
        return new ObjectFileScore(classes.Classes, boxes, masks) { Notes = [.. truthReader.Notes, .. predictionReader.Notes] };
    }

    private static (ImageMatches Boxes, ImageMatches? Masks) Match(IReadOnlyList<TruthObject> truth, IReadOnlyList<Detection> detections, bool withMasks) => (
        DetectionMatcher.Match(truth, detections, OverlapKind.Box),
        withMasks ? DetectionMatcher.Match(truth, detections, OverlapKind.Mask) : null);

    private static List<ObjectEntry> ReadPredictions(string file, ObjectReader reader)
    {
        const string What = "predictions";
        var isList = File.Exists(file) && InputFile.FirstCharacter(file) == '[';
        var list = isList
            ? InputFile.ReadJson(file, What, CocoJson.Default.ListCocoObject)
            : new Entry(file, "").Require(InputFile.ReadJson(file, What, CocoJson.Default.CocoObjectFile).Annotations, "annotations");
        return reader.ReadPredictions(list, isList ? "" : "annotations");
    }
}

/// <param name="Classes">By class index; <c>Id</c> is the category's.</param>
/// <param name="Masks">Absent where only boxes were asked for.</param>
public sealed record ObjectFileScore(IReadOnlyList<ModelClass> Classes, PrecisionScore Boxes, PrecisionScore? Masks)
{
    /// <summary>Entries that were left out, as pycocotools leaves them out: a line for each reason.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
