using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Engine;

/// <summary>Which of its precisions a model is served in, where none is asked for: the fastest on this machine.</summary>
internal static class PrecisionChoice
{
    /// <summary>Each of them in turn, at most: part of the time until the service is ready.</summary>
    private const int Rounds = 5;

    /// <summary>Two rounds are enough where the fastest takes less than this part of every other's time.</summary>
    private const double ClearShare = 0.9;

    /// <summary>Another precision than fp32 must take less than this part of its time: what is gained by less is not worth other numbers.</summary>
    private const double LargestShare = 0.97;

    /// <summary>
    /// On a GPU fp16 where the model has it, by which these graphs are made for it. On the CPU fp32, unless graphs that were made from it by
    /// measurement are faster, which is measured here.
    /// </summary>
    /// <param name="folder">Verified.</param>
    public static ModelSessions OpenFastest(ModelFolder folder, ModelLoadOptions options, CancellationToken cancellationToken)
    {
        var model = folder.Manifest;
        var made = options.Target.IsCuda ? [] : model.RunnablePrecisions.Where(precision => model.Precisions?.ContainsKey(precision) == true).ToList();
        if (made.Count == 0)
        {
            return ModelSessions.Open(folder, options.Target, allExitsGraph: options.AllExits);
        }

        var sessions = new List<ModelSessions>();
        ModelSessions? fastest = null;
        try
        {
            // What is made is most often the faster one, and loaded at once; of fp32 only the graphs that are timed, unless it is.
            sessions.Add(ModelSessions.OpenLazily(folder, options.Target, options.AllExits, GraphPrecisions.Fp32));
            sessions.AddRange(made.Select(precision => ModelSessions.Open(folder, options.Target, options.AllExits, precision: precision)));

            // The smallest size and the shallowest encoder: larger ones do the same to more pixels, deeper ones more often.
            var cheapest = new GatePoint(model.ShortestEdges.Min(), model.Exits[0], model.MaxDecoderDepth);
            var times = PrecisionTimer.Measure(sessions, model, cheapest, Rounds, ClearShare, cancellationToken);
            var best = Enumerable.Range(1, made.Count).MinBy(i => times[i].Total);
            var chosen = sessions[times[best].Total < LargestShare * times[0].Total ? best : 0];
            chosen.OpenAll();
            return fastest = chosen;
        }
        finally
        {
            sessions.Where(other => other != fastest).ToList().ForEach(static other => other.Dispose());
        }
    }
}
