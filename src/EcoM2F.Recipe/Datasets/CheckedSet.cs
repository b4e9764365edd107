using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Datasets;

/// <summary>What every set has once it is checked.</summary>
/// <param name="Notes">What was left out, a line for each reason.</param>
internal sealed record CheckedSet(string Task, IReadOnlyList<ModelClass> Classes, IReadOnlyList<DatasetImage> Images, string Hash, IReadOnlyList<string> Notes);
