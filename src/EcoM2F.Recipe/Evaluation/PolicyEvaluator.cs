using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Puts policies side by side on a measured set.</summary>
internal sealed class PolicyEvaluator(MeasuredSet set, ulong seed)
{
    private readonly PolicyChoices _choices = new(set, seed);

    public PolicyResult Evaluate(Policy policy, CancellationToken cancellationToken)
    {
        var trials = _choices.Of(policy);
        var metrics = trials.Select(set.Quality).ToList();
        var metric = metrics.Count == 1 ? metrics[0] : new MeanOfTrials(metrics);
        return new PolicyResult(metric)
        {
            Policy = policy,
            Quality = Bootstrap.Interval(metric, seed, cancellationToken),
            ImageQuality = trials.Average(set.ImageQuality),
            MeanDepth = set.MeanDepth(trials[0]), // trials differ in who gets a depth, not in how often it occurs
            Depths = set.Points(trials[0]).CountBy(static point => point.Depth).OrderBy(static entry => entry.Key).ToDictionary(),
            Gmacs = trials.Average(set.Gmacs),
            Milliseconds = trials.Average(choices => set.Milliseconds(choices, policy.AsksGate)),
        };
    }

    /// <summary>Every policy that adapts: against the best static depth that costs no more, against full depth, and against its own depths assigned at random.</summary>
    /// <param name="statics">Every exit, shallow first.</param>
    public IReadOnlyList<PolicyComparison> Compare(IReadOnlyList<PolicyResult> policies, IReadOnlyList<PolicyResult> statics, CancellationToken cancellationToken)
    {
        var comparisons = new List<PolicyComparison>();
        foreach (var policy in policies.Where(static result => result.Policy.Kind != PolicyKind.Static))
        {
            foreach (var against in Rivals(policy, policies, statics))
            {
                comparisons.Add(new PolicyComparison(policy.Policy.Name, against.Policy.Name, Bootstrap.Difference(policy.Metric, against.Metric, seed, cancellationToken)));
            }
        }

        return comparisons;
    }

    private static IEnumerable<PolicyResult> Rivals(PolicyResult policy, IReadOnlyList<PolicyResult> policies, IReadOnlyList<PolicyResult> statics)
    {
        // Sums over images in another order may differ in the last bits.
        const double Rounding = 1e-9;
        var affordable = statics.Where(fixedDepth => fixedDepth.Gmacs <= policy.Gmacs * (1 + Rounding)).DefaultIfEmpty(statics[0]);
        var random = policies.Where(other => other.Policy.Kind == PolicyKind.Random && policy.Policy.Kind == PolicyKind.Gate && other.Policy.Profile == policy.Policy.Profile);
        return affordable.OrderByDescending(static fixedDepth => fixedDepth.Quality.Value).Take(1).Append(statics[^1]).Concat(random).Distinct();
    }
}
