namespace EcoM2F.Serving.Tests;

/// <summary>For tests that compare what the shared service says of itself before and after; others would add to it.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;
