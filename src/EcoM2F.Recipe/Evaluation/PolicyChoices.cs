using EcoM2F.Inference.Compute;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>What a policy chooses for the images of a set: indexes of its points. Gates are asked as the server asks them.</summary>
internal sealed class PolicyChoices(MeasuredSet set, ulong seed)
{
    /// <summary>Trials of a random policy, whose mean counts: one alone would be a matter of luck.</summary>
    public const int RandomTrials = 10;

    private readonly ComputePlanner _planner = new(set.Model, new CostTable(set.Model.Costs), new BudgetOptions());

    /// <returns>One choice for each image; several of these where the policy is random.</returns>
    public IReadOnlyList<int[]> Of(Policy policy) => policy.Kind == PolicyKind.Random
        ? [.. Enumerable.Range(0, RandomTrials).Select(trial => Shuffle(Gate(new ComputeBudget { Profile = policy.Profile }), trial))]
        : [Single(policy)];

    private int[] Single(Policy policy) => policy.Kind switch
    {
        PolicyKind.Static => Each(image => IndexOf(image, image.Points[0] with { Depth = (int)policy.Number!.Value })),
        PolicyKind.Gate => Gate(new ComputeBudget { Profile = policy.Profile }),
        PolicyKind.Utility => Gate(new ComputeBudget { Beta = policy.Number }),
        PolicyKind.Oracle => Each(image => ExitChoice.Of(image.Quality, image.Depths, policy.Number!.Value)),
        PolicyKind.Mirror => Each(image => ExitChoice.Of(image.MirrorQuality!, image.Depths, policy.Number!.Value)),
        PolicyKind.Saturation => Each(image => Saturated(image.Similarities, policy.Number!.Value)),
        _ => throw new ArgumentOutOfRangeException(nameof(policy)),
    };

    private int[] Each(Func<MeasuredImage, int> choose) => [.. set.Images.Select(choose)];

    private int[] Gate(ComputeBudget budget)
    {
        var asked = ModelBudget.For(budget, set.Model);
        return Each(image => IndexOf(
            image,
            _planner.Choose(_planner.Allow(asked, image.Points[0].Input, RemainingTime.Unlimited), image.Gates[asked.Gate!], RemainingTime.Unlimited).Point));
    }

    private static int IndexOf(MeasuredImage image, ComputePoint point) => image.Points.ToList().IndexOf(point);

    private static int Saturated(double[] similarities, double enough)
    {
        var first = Array.FindIndex(similarities, similarity => similarity >= enough);
        return first < 0 ? similarities.Length - 1 : first;
    }

    /// <summary>The same depths, to other images (Fisher and Yates).</summary>
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
