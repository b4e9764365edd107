namespace EcoM2F.Training.Tests;

/// <summary>Every test of <c>src/training</c>, as one of this project.</summary>
public sealed class TrainingTests(PythonTestRuns runs)
{
    public static TheoryData<string> Files => [.. PythonTestFiles.Names];

    public static TheoryData<string, string> Tests =>
        [.. PythonTestFiles.Names.SelectMany(static file => PythonTestFiles.TestsOf(file).Select(test => (file, test)))];

    [Theory]
    [MemberData(nameof(Tests))]
    public async Task Python_Test_Passes(string file, string test)
    {
        var outcome = (await runs.Of(file)).OutcomeOf(test);

        Assert.SkipWhen(outcome.Outcome == PythonOutcome.Skipped, outcome.Detail);
        Assert.True(outcome.Outcome == PythonOutcome.Passed, outcome.Detail);
    }

    /// <summary>What belongs to no single test went well, and none that Python ran is missing from the list above.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public async Task Python_File_RunsToItsEndAndIsListed(string file)
    {
        var run = await runs.Of(file);

        Assert.True(run.Ended, run.Output);
        Assert.DoesNotContain(run.Others, static other => other.Outcome == PythonOutcome.Failed);
        Assert.NotEmpty(PythonTestFiles.TestsOf(file));
        Assert.Empty(run.Outcomes.Keys.Except(PythonTestFiles.TestsOf(file), StringComparer.Ordinal));
    }
}
