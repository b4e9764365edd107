using System.Diagnostics;

namespace EcoM2F.Inference.Tests.Pipeline;

public sealed class StageSpanTests(TinyEngine engine) : IClassFixture<TinyEngine>
{
    private const string SourceName = "EcoM2F";

    [Fact]
    public async Task SegmentAsync_BelowARequestsSpan_HasASpanPerStageInItsTrace()
    {
        using var source = new ActivitySource("tests." + nameof(StageSpanTests));
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = heard => heard.Name == SourceName || heard == source,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (ended)
                {
                    ended.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        ActivityTraceId trace;
        ActivitySpanId parent;
        using (var request = source.StartActivity("request")!)
        {
            (trace, parent) = (request.TraceId, request.SpanId);
            await engine.SegmentAsync(TinyEngine.MakePhoto(64, 64), cancellationToken: TestContext.Current.CancellationToken);
        }

        lock (ended)
        {
            var stages = ended.Where(activity => activity.Source.Name == SourceName && activity.TraceId == trace).ToList();
            Assert.Equal(["decode", "stem", "gate", "encoder", "decoder", "mask"], stages.Select(static activity => activity.OperationName));
            Assert.All(stages, activity => Assert.Equal(parent, activity.ParentSpanId));
        }
    }
}
