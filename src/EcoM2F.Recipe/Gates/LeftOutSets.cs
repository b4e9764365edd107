namespace EcoM2F.Recipe.Gates;

/// <summary>Leaves out whole data sets, one after the other: the nearest there is to photographs of another kind.</summary>
internal sealed class LeftOutSets(GateData data, GainTrainer trainer, GateTrainingOptions options)
{
    /// <returns>One for each set; none where there is one set alone.</returns>
    public IReadOnlyList<LeftOutSet> At(double beta, CancellationToken cancellationToken) =>
        data.HasPoints && data.Sets.Distinct().Count() > 1 ? [.. data.Sets.Distinct().Order().Select(set => Judge(set, beta, cancellationToken))] : [];

    private LeftOutSet Judge(int set, double beta, CancellationToken cancellationToken)
    {
        var (left, rest) = (Images(of => of == set), Images(of => of != set));
        var choices = trainer.ChooseWithout(set, beta);
        var (point, guarding) = (0, (GateGuarding?)null);
        var folds = Folds.ByScene(rest.Scenes, options.Folds, options.Seed);
        if (options.Guard is { } quantile)
        {
            guarding = new GateGuarding(rest, folds, trainer.Penalty, quantile, cancellationToken);
        }

        var statics = PolicyScore.Statics(rest.WithoutProbe(), beta);
        point = Enumerable.Range(0, statics.Length).MaxBy(of => statics[of].Utility);
        int[] guarded = guarding is null ? choices : [.. choices.Select((choice, image) => guarding.Decides(left.Feature(image)) ? choice : point)];
        return new LeftOutSet(
            set,
            left.Images,
            PolicyScore.Of(left, choices, beta),
            guarding is null ? null : PolicyScore.Of(left, guarded, beta),
            PolicyScore.Statics(left.WithoutProbe(), beta)[point],
            point,
            guarding is null ? 0 : Enumerable.Range(0, left.Images).Count(image => !guarding.Decides(left.Feature(image))));
    }

    private GateData Images(Predicate<int> ofSet) => data.Take([.. Enumerable.Range(0, data.Images).Where(image => ofSet(data.Sets[image]))]);
}
