namespace EcoM2F.Compiler.Tests;

/// <summary>Tests that look at the process's memory: they run after all others, one at a time.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;
