using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Scheduling;

/// <summary>
/// One device under arrivals that do not wait for answers, on a clock that nothing but the simulation moves: admission and the law of load as they
/// are, images as costs. The shortest form of the benchmark "overload".
/// </summary>
/// <param name="rate">Images a second in the mean, at random moments (Poisson).</param>
/// <param name="options">Of the scheduler.</param>
/// <param name="always">The depth of every image; null: a gate's, lowered by the law.</param>
internal sealed class OverloadSimulation(double rate, SchedulingOptions options, int? always)
{
    private const int MaxDepth = 6;
    private const int Images = 4000;

    /// <summary>What two cores take for a photo at the bundled model's own size: everything but the encoder, and one encoder layer.</summary>
    private static readonly TimeSpan Base = TimeSpan.FromMilliseconds(52), Layer = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Queue<(TimeSpan Arrived, int Gate, Admission.AdmittedImage Place)> _waiting = new();

    /// <summary>Images a second that one client gets at full depth.</summary>
    public static double Capacity => 1 / Cost(MaxDepth).TotalSeconds;

    /// <summary>Mean depth that gates choose.</summary>
    public static double GateDepth => Enumerable.Range(0, Images).Average(GateOf);

    /// <returns>Share of all images that were answered within a second, and their mean depth.</returns>
    public (double InTime, double MeanDepth) Run()
    {
        var admission = new Admission(capacity: 64, options, _time, new Random(1));
        var (inTime, depths) = (0, 0);
        foreach (var (i, arrival) in Arrivals().Index())
        {
            while (_waiting.Count > 0 && Now < arrival)
            {
                Serve();
            }

            MoveTo(arrival);
            try
            {
                _waiting.Enqueue((arrival, always ?? GateOf(i), admission.Admit(Cost(always ?? 1))));
            }
            catch (SegmentationException refused) when (refused.Error == SegmentationError.Overloaded)
            {
                // counted by not being served
            }
        }

        while (_waiting.Count > 0)
        {
            Serve();
        }

        return ((double)inTime / Images, (double)depths / Math.Max(1, inTime));

        void Serve()
        {
            var (arrived, gate, place) = _waiting.Dequeue();
            using (place)
            {
                if (Now - arrived >= Deadline)
                {
                    return;
                }

                var depth = always ?? Choose(gate, place.Cap());
                MoveTo(Now + Cost(depth));
                if (Now - arrived <= Deadline)
                {
                    (inTime, depths) = (inTime + 1, depths + depth);
                }
            }
        }
    }

    private TimeSpan Now => _time.GetUtcNow() - _time.Start;

    private static TimeSpan Cost(int depth) => Base + (Layer * depth);

    /// <summary>The deepest point up to the gate's choice that the cap allows, or the cheapest.</summary>
    private static int Choose(int gate, TimeSpan? cap)
    {
        while (gate > 1 && Cost(gate) > cap)
        {
            gate--;
        }

        return gate;
    }

    /// <summary>Mostly shallow, as the bundled gate's.</summary>
    private static int GateOf(int image) => (int[])[1, 1, 1, 2, 2, 3, 3, 4, 4, 6] is var choices ? choices[image * 7 % choices.Length] : 0;

    private IEnumerable<TimeSpan> Arrivals()
    {
        var random = new Random(20260);
        var time = 0.0;
        for (var i = 0; i < Images; i++)
        {
            time -= Math.Log(1 - random.NextDouble()) / rate;
            yield return TimeSpan.FromSeconds(time);
        }
    }

    private void MoveTo(TimeSpan time)
    {
        if (time > Now)
        {
            _time.Advance(time - Now);
        }
    }
}
