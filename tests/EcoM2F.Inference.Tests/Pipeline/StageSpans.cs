using System.Diagnostics;

namespace EcoM2F.Inference.Tests.Pipeline;

/// <summary>The stages that images of this test run through, until disposed.</summary>
internal sealed class StageSpans : IDisposable
{
    private readonly ActivitySource _source = new("tests." + nameof(StageSpans));
    private readonly ActivityListener _listener;
    private readonly Activity _parent;
    private readonly List<string> _ended = [];

    public StageSpans()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = heard => heard.Name == "EcoM2F" || heard == _source,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = Add,
        };
        ActivitySource.AddActivityListener(_listener);
        _parent = _source.StartActivity("test")!;
    }

    public int Count(string stage)
    {
        lock (_ended)
        {
            return _ended.Count(ended => ended == stage);
        }
    }

    public void Dispose()
    {
        _parent.Dispose();
        _listener.Dispose();
        _source.Dispose();
    }

    private void Add(Activity ended)
    {
        if (ended.TraceId == _parent?.TraceId)
        {
            lock (_ended)
            {
                _ended.Add(ended.OperationName);
            }
        }
    }
}
