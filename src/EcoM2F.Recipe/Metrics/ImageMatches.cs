namespace EcoM2F.Recipe.Metrics;

/// <summary>How one image's detections matched; the average precision of any set of images follows from these.</summary>
/// <param name="Classes">Ascending by class; those with objects or detections.</param>
internal sealed record ImageMatches(IReadOnlyList<ClassMatches> Classes) : ImageCounts;

/// <param name="ClassId">Class index.</param>
/// <param name="Positives">Objects to be found, by area range: all, small, medium, large.</param>
/// <param name="Detections">At most 100, best score first.</param>
internal sealed record ClassMatches(int ClassId, int[] Positives, MatchedDetection[] Detections);

/// <summary>Outcome of one detection for every area range and IoU threshold: bit 10 * range + threshold.</summary>
/// <param name="Matched">It found an object.</param>
/// <param name="Ignored">It counts neither as right nor as wrong.</param>
internal readonly record struct MatchedDetection(double Score, ulong Matched, ulong Ignored);
