namespace EcoM2F.Inference.Tests;

/// <summary>Tests that look at the process's memory: they run after all others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunsAlone
{
    public const string Name = "alone";
}
