using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Datasets;

/// <summary>What every set has once it is checked.</summary>
internal sealed record CheckedSet(string Task, IReadOnlyList<ModelClass> Classes, IReadOnlyList<DatasetImage> Images, string Hash);
