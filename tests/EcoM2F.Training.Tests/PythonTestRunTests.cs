namespace EcoM2F.Training.Tests;

/// <summary>The way from a Python test's end to ours, on a file of tests made for it.</summary>
public sealed class PythonTestRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-python-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task OutcomeOf_EachKindOfEnd_IsTold()
    {
        var run = await RunAsync(
            """
            import unittest

            class Kinds(unittest.TestCase):
                def test_passes(self):
                    print("noise")

                def test_fails(self):
                    self.assertEqual(1, 2)

                def test_raises(self):
                    raise ValueError("by itself")

                def test_skips(self):
                    self.skipTest("not here")

                def test_fails_in_part(self):
                    for number in (1, 2):
                        with self.subTest(number=number):
                            self.assertEqual(1, number)

            class Broken(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    raise ValueError("no set-up")

                def test_never_runs(self):
                    pass
            """);

        Assert.Equal(PythonOutcome.Passed, run.OutcomeOf("Kinds.test_passes").Outcome);
        AssertFailed(run, "Kinds.test_fails", "self.assertEqual(1, 2)");
        AssertFailed(run, "Kinds.test_raises", "ValueError: by itself");
        AssertFailed(run, "Kinds.test_fails_in_part", "(number=2)");
        AssertFailed(run, "Broken.test_never_runs", "ValueError: no set-up");
        AssertFailed(run, "Kinds.test_that_is_not_there", "It did not run.");
        Assert.Equal(new PythonOutcome("Kinds.test_skips", PythonOutcome.Skipped, "not here"), run.OutcomeOf("Kinds.test_skips"));
    }

    [Fact]
    public async Task OutcomeOf_FileThatDoesNotLoad_FailsWithItsTraceback()
    {
        var run = await RunAsync("import no_such_package");

        AssertFailed(run, "Any.test", "No module named 'no_such_package'");
    }

    [Fact]
    public async Task OutcomeOf_FileThatSkipsItself_IsSkipped()
    {
        var run = await RunAsync("import unittest\nraise unittest.SkipTest('no CUDA')");

        Assert.Equal(new PythonOutcome("Any.test", PythonOutcome.Skipped, "no CUDA"), run.OutcomeOf("Any.test"));
        Assert.True(run.Ended);
    }

    [Fact]
    public async Task OutcomeOf_DiesAfterAClassThatSkips_IsNoSkip()
    {
        var run = await RunAsync(
            """
            import os, unittest

            class A(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    raise unittest.SkipTest("not here")

                def test_a(self):
                    pass

            class B(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    os._exit(3)

                def test_b(self):
                    pass
            """);

        Assert.False(run.Ended);
        AssertFailed(run, "B.test_b", "exit code 3");
    }

    [Fact]
    public async Task OutcomeOf_ProcessThatDies_FailsTheTestsThatDidNotRun()
    {
        var run = await RunAsync(
            """
            import os, sys, unittest

            class Dies(unittest.TestCase):
                def test_a(self):
                    pass

                def test_b(self):
                    print("last words", file=sys.stderr, flush=True)
                    os._exit(3)
            """);

        Assert.Equal(PythonOutcome.Passed, run.OutcomeOf("Dies.test_a").Outcome);
        AssertFailed(run, "Dies.test_b", "last words\nexit code 3");
    }

    private static void AssertFailed(PythonTestRun run, string test, string detail)
    {
        var outcome = run.OutcomeOf(test);
        Assert.Equal(PythonOutcome.Failed, outcome.Outcome);
        Assert.Contains(detail, outcome.Detail, StringComparison.Ordinal);
    }

    private Task<PythonTestRun> RunAsync(string source)
    {
        Assert.SkipWhen(PythonInterpreter.Program is null, PythonInterpreter.Reason);
        var path = Path.Combine(_folder, "test_made.py");
        File.WriteAllText(path, source);
        return PythonTestRun.RunAsync(PythonInterpreter.Program!, path);
    }
}
