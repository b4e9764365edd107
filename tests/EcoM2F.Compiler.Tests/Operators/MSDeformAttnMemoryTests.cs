using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests.Operators;

/// <summary>The operator is one for all sessions: it must survive each of them, and leave nothing behind.</summary>
[Collection(nameof(RunsAlone))]
public sealed class MSDeformAttnMemoryTests
{
    private const long Allowed = 48L << 20;

    private static readonly NamedTensor Shapes = new([3, 2], [], [2, 3, 4, 6, 8, 12]);

    [Fact]
    public void Run_ManySessionsAtOnce_StaysRightAndReturnsItsMemory()
    {
        var model = OperatorGraphs.BuildOperator((8, 3, 4), references: false);
        var random = new Random(72);
        var (values, projected) = (NamedTensor.Random(random, 1, 1, 126, 64), NamedTensor.Random(random, 3, 1, 126, 288));
        using var first = OperatorGraphs.Open(model, threads: 1);
        var expected = Sample(first);
        Rounds(32);
        var before = Environment.WorkingSet;

        Rounds(64);

        Assert.InRange(Environment.WorkingSet - before, long.MinValue, Allowed);

        void Rounds(int sessions) => Parallel.For(0, sessions, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            using var session = OperatorGraphs.Open(model, threads: 1); // a pool's threads have heaps of their own, which come and go
            for (var run = 0; run < 5; run++)
            {
                TensorAssert.Close(expected, Sample(session), 0, "sampled");
            }
        });

        NamedTensor Sample(InferenceSession session) =>
            OperatorGraphs.Run(session, ("values", values), ("projected", projected), ("spatial_shapes", Shapes));
    }
}
