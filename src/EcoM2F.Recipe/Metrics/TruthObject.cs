namespace EcoM2F.Recipe.Metrics;

/// <summary>A true object of one image.</summary>
/// <param name="ClassId">Class index.</param>
/// <param name="Mask">Present where masks are scored.</param>
/// <param name="Area">Square pixels as the file says: what puts it among the small, medium or large.</param>
/// <param name="IsCrowd">Many objects in one region: not to be found, and a detection inside it is not held against the model.</param>
internal sealed record TruthObject(int ClassId, Box Box, double Area, bool IsCrowd, RunMask? Mask = null);
