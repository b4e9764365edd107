using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>What a policy chooses for the images of a set: indexes of its points. Gates are asked as the server asks them.</summary>
internal sealed class PolicyChoices(MeasuredSet set, ulong seed)
{
    /// <summary>Trials of a random policy, whose mean counts: one alone would be a matter of luck.</summary>
    public const int RandomTrials = 10;

    private readonly ModelManifest _model = set.Model;

    /// <returns>One choice for each image; several of these where the policy is random.</returns>
    public IReadOnlyList<int[]> Of(Policy policy) => policy.Kind == PolicyKind.Random
        ? [.. Enumerable.Range(0, RandomTrials).Select(trial => Shuffle(Each(image => Gate(policy).Of(image)), trial))]
        : [Single(policy)];

    /// <summary>Whether a gate over points chooses, which needs the smallest size's stem.</summary>
    public bool NeedsProbe(Policy policy) => policy.AsksGate && _model.Gates!.Profiles[ProfileOf(policy)].Points is not null;

    /// <summary>The part of the images that the guard takes from a gate; null where there is no guard to do so.</summary>
    public double? Fallbacks(Policy policy) =>
        policy.Kind is PolicyKind.Gate or PolicyKind.Utility && !policy.Unguarded && _model.Gates!.Profiles[ProfileOf(policy)].Guard is not null
            ? set.Images.Average(image => Gate(policy).IsFallback(image) ? 1.0 : 0)
            : null;

    private int[] Single(Policy policy) => policy.Kind switch
    {
        PolicyKind.Static => Each(image => IndexOf(image, policy.PointOf(_model))),
        PolicyKind.Gate or PolicyKind.Utility => Each(image => Gate(policy).Of(image)),
        PolicyKind.DepthOnly => Alone(policy, BestStatic(policy.Number!.Value), static (point, best) => point.Size == best.Size && point.DecoderDepth == best.DecoderDepth),
        PolicyKind.SizeOnly => Alone(policy, BestStatic(policy.Number!.Value), static (point, best) => point.Depth == best.Depth && point.DecoderDepth == best.DecoderDepth),
        PolicyKind.Oracle => Each(image => ExitChoice.Of(image.Quality, set.Costs(image, probe: false), policy.Number!.Value)),
        PolicyKind.Mirror => Each(image => ExitChoice.Of(image.MirrorQuality!, set.Costs(image, probe: false), policy.Number!.Value)),
        PolicyKind.Saturation => Each(image => Saturated(image, policy.Number!.Value)),
        _ => throw new ArgumentOutOfRangeException(nameof(policy)),
    };

    private int[] Each(Func<MeasuredImage, int> choose) => [.. set.Images.Select(choose)];

    private int[] Alone(Policy policy, GatePoint best, Func<GatePoint, GatePoint, bool> isAllowed) => Each(image => Gate(policy).Of(image, point => isAllowed(point, best)));

    private GateChoice Gate(Policy policy) => new(set, ProfileOf(policy), policy.Number ?? 0, !policy.Unguarded);

    private string ProfileOf(Policy policy) => policy.Profile ?? _model.Gates!.Profiles.First(static profile => profile.Value.Kind == GateProfile.Utility).Key;

    /// <summary>The fixed point of highest mean utility on these images, among those that the utility gate knows.</summary>
    private GatePoint BestStatic(double beta)
    {
        var utility = _model.Gates!.Profiles.Values.First(static profile => profile.Kind == GateProfile.Utility);
        return utility.Points!.MaxBy(point => set.Images.Where(static image => !double.IsNaN(image.Quality[0])).Average(image =>
        {
            var index = IndexOf(image, point);
            return UtilityRule.Of(image.Quality[index], beta, set.Costs(image, probe: false)[index]);
        }));
    }

    private static int IndexOf(MeasuredImage image, GatePoint wanted) => image.Points.ToList().FindIndex(point => point.Key == wanted);

    /// <summary>At the own size, with the whole decoder.</summary>
    private int Saturated(MeasuredImage image, double enough)
    {
        int[] exits = [.. _model.Exits.Select(exit => IndexOf(image, _model.FullPoint with { Depth = exit }))];
        return exits.First(exit => image.Similarities[exit] >= enough || exit == exits[^1]);
    }

    /// <summary>The same points, to other images (Fisher and Yates).</summary>
    private int[] Shuffle(int[] choices, int trial)
    {
        var random = new SplitMix64(seed, (ulong)trial);
        for (var i = choices.Length - 1; i > 0; i--)
        {
            var other = random.Next(i + 1);
            (choices[i], choices[other]) = (choices[other], choices[i]);
        }

        return choices;
    }
}
