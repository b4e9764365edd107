using System.Text.Json.Serialization;

namespace EcoM2F.Recipe.Metrics;

/// <summary>
/// What one image contributes to a set's quality, small enough to keep for every image and exit: the set's value for any choice of
/// exits and any resample is computed from these alone.
/// </summary>
[JsonDerivedType(typeof(PanopticCounts), "panoptic")]
[JsonDerivedType(typeof(ImageMatches), "objects")]
[JsonDerivedType(typeof(SemanticCounts), "semantic")]
internal abstract record ImageCounts;
