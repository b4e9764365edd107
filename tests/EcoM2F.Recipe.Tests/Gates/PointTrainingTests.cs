using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Gates;

public sealed class PointTrainingTests : IDisposable
{
    private static readonly GateData Separable = SyntheticPoints.Data(SyntheticPoints.Make(60));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Costs_Point_CountTheProbeOnceAndMeasureInLayersOfTheOwnSize()
    {
        // One layer at the own size is 0.4096 GMACs; the probe's stem a quarter of that.
        double[] with = [-1.25, -0.75, 1.25, 3.25, 5, 9.5];
        double[] without = [-1.25, -0.75, 1, 3, 4.75, 9.25];
        for (var point = 0; point < with.Length; point++)
        {
            Assert.Equal(with[point], Separable.Costs(0)[point], 1e-6);
            Assert.Equal(without[point], Separable.WithoutProbe().Costs(0)[point], 1e-6);
        }

        Assert.Equal(0.1024 * 3, Separable.Gmacs(0)[0], 1e-9); // the smallest is its own probe
        Assert.Equal((0.4096 * 3) + 0.1024, Separable.Gmacs(0)[2], 1e-9);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_FeaturesThatTellThePoint_BeatsEveryFixedPoint(bool utility)
    {
        var trained = Train(Separable, utility, new GateTarget(GateTargetKind.Beta, 1));
        Assert.True(trained.Judgement.HasPoints);
        Assert.True(trained.Judgement.IsWorthIt, $"{trained.Judgement.Difference}");
        Assert.Equal(60, trained.Parts); // each image by itself
        var price = Assert.Single(trained.Judgement.Prices);
        Assert.True(price.Gate.Quality > price.Statics[price.BestAffordable].Quality);
        Assert.True(price.Statics[price.BestAffordable].Gmacs <= price.Gate.Gmacs);
        Assert.True(trained.Judgement.AgainstDepthAlone!.Low > 0);
        Assert.True(trained.Judgement.AgainstSizeAlone!.Difference > 0);
        Assert.True(price.Gate.Quality > price.RandomQuality);
        Assert.Equal(6, trained.Gate.Bias.Length);
    }

    [Fact]
    public void Train_FeaturesThatSayNothing_IsRefused()
    {
        var trained = Train(SyntheticPoints.Data(SyntheticPoints.Make(60, signal: false)), utility: false, new GateTarget(GateTargetKind.Beta, 1));
        var decision = GateDecision.Of(trained.Judgement, SyntheticPoints.Points, force: false);
        Assert.False(decision.Install);
        Assert.Contains("quality less that of always", decision.Shortfall, StringComparison.Ordinal);
        Assert.True(GateDecision.Of(trained.Judgement, SyntheticPoints.Points, force: true).Install);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_RowsOfAgreement_AreJudgedAgainstTheGatesChoicesAtRandom(bool signal)
    {
        // The full point agrees with itself by 1, every other one by 0.5 to 1: a mixture of both beats the fixed points between, whoever gets what.
        var random = new Random(1);
        var rows = SyntheticPoints.Make(60).ConvertAll(row =>
        {
            var other = 0.5 + (0.5 * (signal ? row.Pooled[0] : random.NextSingle()));
            return row with { Reference = "full", Quality = [other, other, other, 1, other, other] };
        });
        var trained = Train(SyntheticPoints.Data(rows), utility: false, new GateTarget(GateTargetKind.Beta, 5.5));
        var decision = GateDecision.Of(trained.Judgement, SyntheticPoints.Points, force: false);

        Assert.True(trained.Judgement.IsAgreement);
        Assert.Equal(trained.Judgement.AgainstRandom.Low > 0, decision.Install);
        Assert.Equal(signal, decision.Install);
        Assert.Contains(signal ? "" : "at random", decision.Shortfall ?? "", StringComparison.Ordinal);
        var price = trained.Judgement.Prices[0];
        Assert.Equal(100 * (price.Gate.Quality - price.RandomQuality), trained.Judgement.AgainstRandom.Difference, 1e-9);
    }

    [Fact]
    public void Train_PartsOfSizeAndDepth_AreFoundToBeShared() => Assert.NotEqual("none", Train(Separable, utility: true, null).Shared);

    [Theory]
    [InlineData(1.2)]
    [InlineData(2)]
    public void Train_TargetGmacs_HitsIt(double gmacs)
    {
        var trained = Train(Separable, utility: false, new GateTarget(GateTargetKind.Gmacs, gmacs));
        Assert.InRange(trained.Judgement.Prices[0].Gate.Gmacs, gmacs * 0.97, gmacs * 1.03);
        Assert.Contains("cannot be reached", Assert.Throws<RecipeException>(() => Train(Separable, utility: false, new GateTarget(GateTargetKind.Gmacs, 99))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_NearestShareOfGmacs_IsReachedOrComeNearTo()
    {
        var half = Judge(0.5);
        Assert.InRange(half.Gate.Gmacs, half.Full.Gmacs * 0.485, half.Full.Gmacs * 0.515);
        Assert.True(Judge(99).Gate.Gmacs > half.Gate.Gmacs);

        static PriceJudgement Judge(double share) => Train(Separable, utility: false, new GateTarget(GateTargetKind.GmacsShare, share) { Nearest = true }).Judgement.Prices[0];
    }

    [Fact]
    public void Train_Guard_TakesWhatIsUnlikeTheRowsAndLittleElse()
    {
        var guard = Train(Separable, utility: true, null).Guard!;
        Assert.Equal(3, guard.HeldOut); // 5% of 60
        Assert.InRange(Enumerable.Range(0, 60).Count(image => Leverage(guard, Separable.Feature(image)) > guard.MaxLeverage), 0, 4);
        var strange = SyntheticPoints.Data(SyntheticPoints.Make(20, shift: 5));
        Assert.All(Enumerable.Range(0, 20), image => Assert.True(Leverage(guard, strange.Feature(image)) > guard.MaxLeverage));
        Assert.Null(GateTraining.Train(Separable, new GateTrainingOptions { Utility = true }, TestContext.Current.CancellationToken).Guard);
    }

    [Fact]
    public void Train_SeveralSets_LeavesEachOut()
    {
        var rows = SyntheticPoints.Make(40).Concat(SyntheticPoints.Make(30, set: "other", shift: 5)).ToList();
        var trained = Train(SyntheticPoints.Data(rows), utility: true, null);
        Assert.Equal([(0, 40), (1, 30)], trained.LeftOut.Select(static set => (set.Set, set.Images)));
        Assert.All(trained.LeftOut, static set =>
        {
            Assert.Equal(set.Images, set.Fallbacks); // the other kind is far from what trained
            Assert.Equal(set.Fixed.Quality, set.Guarded!.Quality);
        });
        Assert.Empty(Train(Separable, utility: true, null).LeftOut);
    }

    [Fact]
    public void Train_PenaltyBySets_IsStrongerWhereSetsDiffer()
    {
        // One feature tells the sets apart, and large sizes gain in the other one only: that helps on further scenes of both, and misleads from one set to the other.
        var rows = SyntheticPoints.Make(40, signal: false)
            .Concat(SyntheticPoints.Make(40, set: "other", shift: 3, signal: false).ConvertAll(static row => row with { Quality = [.. row.Quality.Select(static (value, point) => point < 4 ? value : value + 0.2)] })).ToList();
        var data = SyntheticPoints.Data(rows);
        var options = new GateTrainingOptions { Utility = true };
        var (byScenes, bySets) = (Penalty(options), Penalty(options with { PenaltyBySets = true }));

        Assert.True(bySets > byScenes, $"{bySets} against {byScenes}");
        Assert.Contains("--penalty-by sets", Assert.Throws<RecipeException>(() => GateTraining.Train(Separable, options with { PenaltyBySets = true }, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

        double Penalty(GateTrainingOptions of) => GateTraining.Train(data, of, TestContext.Current.CancellationToken).Penalty;
    }

    [Fact]
    public void Train_ScenesOfTwo_AreHeldOutTogether()
    {
        var rows = SyntheticPoints.Make(40).Select(static (row, i) => row with { Image = $"view{i / 2}_{i % 2}.jpg" }).ToList();
        var data = SyntheticPoints.Data(rows);
        Assert.Equal(20, data.SceneCount);
        Assert.Equal(20, Train(data, utility: true, null).Parts);
        var folds = Folds.ByScene(data.Scenes, 5, 1);
        Assert.All(Enumerable.Range(0, 5), part => Assert.Equal(folds[part].Count / 2, folds[part].Select(image => data.Scenes[image]).Distinct().Count()));
    }

    [Fact]
    public void Read_RowsOfPoints_AreCheckedAgainstTheModel()
    {
        var rows = SyntheticPoints.Make(4);
        var read = GateRows.Read([Write("a.jsonl", rows)], SyntheticPoints.Rules, TestContext.Current.CancellationToken);
        Assert.Equal(SyntheticPoints.Points, read.Data.Points);
        Assert.False(read.IsAgreement);

        Fail("'points' are [32/1, 32/3, 64/1, 64/3, 96/1]", [rows[0] with { Points = [.. rows[0].Points.Take(5)], Quality = [.. rows[0].Quality.Take(5)] }]);
        Fail("'model' is cccc; this model is bbbbbbbbbbbb", [rows[0] with { Model = "cccc" }]);
        Fail("line 2: 'reference' full", [rows[0], rows[1] with { Reference = "full" }]);
        Fail("line 2: 'precision' int8", [rows[0], rows[1] with { Precision = "int8" }]);
        Fail("line 2: 'points' or 'exits'", [rows[0], SyntheticRows.Make(1)[0] with { Points = SyntheticRows.Points([1, 3]), Quality = [0.1, 0.2], Pooled = new float[SyntheticPoints.Width] }]);
        var one = Assert.Throws<RecipeException>(() => GateRows.Read([Write("b.jsonl", rows)], SyntheticPoints.Rules with { Points = null }, TestContext.Current.CancellationToken));
        Assert.Contains("has neither", one.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SomePoints_AreChosenAmongAlone()
    {
        var used = SyntheticPoints.Rules.Points! with { Used = [new GatePoint(32, 1), new GatePoint(96, 1)] };
        var data = GateRows.Read([Write("a.jsonl", SyntheticPoints.Make(4))], SyntheticPoints.Rules with { Points = used }, TestContext.Current.CancellationToken).Data;
        Assert.Equal(used.Used, data.Points);
        Assert.Equal(SyntheticPoints.Make(4)[0].Quality[4], data.Quality(0)[1]);
    }

    [Theory]
    [InlineData("house_0.jpg", "house")]
    [InlineData("house_1.jpg", "house")]
    [InlineData("coco_000000000785.jpg", "coco_000000000785.jpg")]
    [InlineData("plain.png", "plain.png")]
    public void Scene_Name_IsWhatStandsBeforeOneDigit(string image, string scene) => Assert.Equal(scene, SceneRule.Default.Of(image));

    [Fact]
    public void Scene_Pattern_IsItsFirstGroup()
    {
        Assert.Equal("a", SceneRule.Parse("^(.)").Of("abc"));
        Assert.Equal("ab", SceneRule.Parse("^..").Of("abc"));
        Assert.Contains("--scene is '('", Assert.Throws<RecipeException>(() => SceneRule.Parse("(")).Message, StringComparison.Ordinal);
    }

    private static TrainedGate Train(GateData data, bool utility, GateTarget? target) =>
        GateTraining.Train(data, new GateTrainingOptions { Utility = utility, Gain = true, Target = target, Guard = 0.95 }, TestContext.Current.CancellationToken);

    private static double Leverage(TrainedGuard guard, ReadOnlySpan<float> feature)
    {
        var sum = 0.0;
        for (var column = 0; column < feature.Length; column++)
        {
            var whitened = 0.0;
            for (var row = 0; row < feature.Length; row++)
            {
                whitened += (feature[row] - guard.Mean[row]) * guard.Weight[(row * feature.Length) + column];
            }

            sum += whitened * whitened;
        }

        return sum;
    }

    private void Fail(string message, IReadOnlyList<DerivedRow> rows)
    {
        var file = Write($"{Guid.NewGuid():N}.jsonl", rows);
        var exception = Assert.Throws<RecipeException>(() => GateRows.Read([file], SyntheticPoints.Rules with { MixDatasets = true }, TestContext.Current.CancellationToken));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private string Write(string name, IReadOnlyList<DerivedRow> rows)
    {
        File.WriteAllBytes(_folder[name], [.. rows.SelectMany(DerivedRowWriter.ToLine)]);
        return _folder[name];
    }
}
