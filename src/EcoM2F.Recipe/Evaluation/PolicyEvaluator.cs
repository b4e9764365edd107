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
        var metric = metrics.Count == 1 ? metrics[0] : new MeanOfMetrics(metrics);
        return new PolicyResult(metric)
        {
            Policy = policy,
            Quality = Bootstrap.Interval(metric, seed, cancellationToken),
            ImageQuality = trials.Average(set.ImageQuality),
            MeanDepth = set.MeanDepth(trials[0]), // trials differ in who gets a depth, not in how often it occurs
            Depths = set.Points(trials[0]).CountBy(static point => point.Depth).OrderBy(static entry => entry.Key).ToDictionary(),
            Points = set.Points(trials[0]).CountBy(static point => point.Key).OrderBy(static entry => (entry.Key.Size, entry.Key.Depth, entry.Key.DecoderDepth ?? 0)).ToDictionary(),
            Fallbacks = _choices.Fallbacks(policy),
            Gmacs = trials.Average(choices => set.Gmacs(choices, _choices.NeedsProbe(policy))),
            Milliseconds = trials.Average(choices => set.Milliseconds(choices, policy.AsksGate, _choices.NeedsProbe(policy))),
        };
    }

    /// <summary>The deepest exit at the own size, with the whole decoder, among all fixed points.</summary>
    public PolicyResult Full(IReadOnlyList<PolicyResult> statics) => statics.First(result => result.Policy.PointOf(set.Model) == set.Model.FullPoint);

    /// <summary>
    /// Every policy that adapts: against the best fixed point that costs no more, against full depth at the own size, against its own points
    /// assigned at random, against one axis alone at the same price, and a guarded gate against itself without the guard.
    /// </summary>
    /// <param name="statics">Every point, the cheapest first.</param>
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

    private IEnumerable<PolicyResult> Rivals(PolicyResult policy, IReadOnlyList<PolicyResult> policies, IReadOnlyList<PolicyResult> statics)
    {
        // Sums over images in another order may differ in the last bits.
        const double Rounding = 1e-9;
        var affordable = statics.Where(fixedPoint => fixedPoint.Gmacs <= policy.Gmacs * (1 + Rounding)).DefaultIfEmpty(statics[0]);
        var others = policies.Where(other => IsRival(policy.Policy, other.Policy));
        return affordable.OrderByDescending(static fixedPoint => fixedPoint.Quality.Value).Take(1).Append(Full(statics)).Concat(others).Distinct();
    }

    private static bool IsRival(Policy policy, Policy other) => (policy.Kind, other.Kind) switch
    {
        (PolicyKind.Gate, PolicyKind.Random) => other.Profile == policy.Profile,
        (PolicyKind.Utility, PolicyKind.DepthOnly or PolicyKind.SizeOnly) => other.Number == policy.Number,
        (PolicyKind.Gate or PolicyKind.Utility, _) => !policy.Unguarded && other == policy with { Unguarded = true },
        _ => false,
    };
}
