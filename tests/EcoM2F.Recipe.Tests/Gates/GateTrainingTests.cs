using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Gates;

public sealed class GateTrainingTests
{
    /// <summary>At this price the deeper exits pay for about half of the images.</summary>
    private const double Beta = 3;

    private static readonly GateData Separable = SyntheticRows.Data(SyntheticRows.Make(200));
    private static readonly GateData Noise = SyntheticRows.Data(SyntheticRows.Make(200, noise: 10, signal: false));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_FeaturesThatGiveTheBestExitAway_LearnsIt(bool gain)
    {
        var trained = Train(Separable, gain);
        var price = Assert.Single(trained.Judgement.Prices);
        Assert.True(trained.Judgement.IsWorthIt, $"difference {trained.Judgement.Difference}");
        Assert.InRange(price.Gate.Utility, price.Oracle.Utility - 0.3, price.Oracle.Utility);
        Assert.True(price.Gate.Utility > price.BestStatic.Utility + 0.3); // an oracle gains 0.6

        // The installed gate, on features as they come: offsets and scales were folded into it.
        var targets = ExitChoice.Targets(Separable, Beta);
        var right = Enumerable.Range(0, Separable.Images).Count(image => ExitChoice.Of(SyntheticRows.Scores(trained.Gate, Separable.Feature(image))) == targets[image]);
        Assert.InRange(right, 170, 200);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_FeaturesThatSayNothing_IsNotWorthIt(bool gain)
    {
        var judgement = Train(Noise, gain).Judgement;
        Assert.False(judgement.IsWorthIt);
        Assert.True(judgement.Difference.Low <= 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_BySeed_GivesTheSameGateToTheBit(bool gain)
    {
        var (first, second, other) = (Train(Separable, gain), Train(Separable, gain), Train(Separable, gain, seed: 2));
        Assert.Equal(first.Gate.Weight, second.Gate.Weight);
        Assert.Equal(first.Gate.Bias, second.Gate.Bias);
        Assert.Equal(first.Judgement.Difference, second.Judgement.Difference);
        Assert.NotEqual(first.Judgement.Difference, other.Judgement.Difference);
    }

    [Fact]
    public void Train_EqualQualities_ChoosesShallow()
    {
        double[] quality = [.. Enumerable.Repeat(0.5, 40 * 3)];
        var random = new Random(1);
        var data = new GateData(SyntheticRows.Exits, [.. Enumerable.Range(0, 40 * 2).Select(_ => random.NextSingle())], quality);
        foreach (var gain in (bool[])[true, false])
        {
            var trained = Train(data, gain, beta: 0);
            Assert.Equal([40, 0, 0], trained.Judgement.Prices[0].Oracle.Chosen);
            Assert.Equal([40, 0, 0], trained.Judgement.Prices[0].Gate.Chosen);
            Assert.Equal(0, trained.Judgement.Prices[0].Best);
        }
    }

    [Fact]
    public void Train_Utility_AnswersAnyPriceAsClassifiersTrainedForIt()
    {
        var utility = GateTraining.Train(Separable, new GateTrainingOptions { Utility = true }, TestContext.Current.CancellationToken);
        Assert.Null(utility.Beta);
        Assert.Equal([0.1, 0.3, 1], utility.Judgement.Prices.Select(static price => price.Beta));
        foreach (var beta in (double[])[0, 0.5, 3, 5, 30])
        {
            var classifier = Train(Separable, gain: true, beta: beta).Gate;
            for (var image = 0; image < Separable.Images; image++)
            {
                var (quality, scores) = (SyntheticRows.Scores(utility.Gate, Separable.Feature(image)), SyntheticRows.Scores(classifier, Separable.Feature(image)));
                var (byPrice, byClass) = (ExitChoice.Of(quality, Separable.Costs(image), beta), ExitChoice.Of(scores));
                if (byPrice != byClass)
                {
                    // Only a tie to single precision may be broken differently.
                    Assert.Equal(scores[byClass], scores[byPrice], 1e-3);
                }
            }
        }
    }

    [Fact]
    public void Train_Utility_PredictsQualityAsAFraction()
    {
        var utility = GateTraining.Train(Separable, new GateTrainingOptions { Utility = true }, TestContext.Current.CancellationToken);
        var errors = new List<double>();
        for (var image = 0; image < Separable.Images; image++)
        {
            var scores = SyntheticRows.Scores(utility.Gate, Separable.Feature(image));
            errors.AddRange(scores.Zip(Separable.Quality(image).ToArray(), static (a, b) => Math.Abs(a - b)));
        }

        Assert.InRange(errors.Max(), 0, 0.01);
    }

    [Theory]
    [InlineData(true, 1.5)]
    [InlineData(true, 2.5)]
    [InlineData(true, 3.5)]
    [InlineData(false, 2.5)]
    public void Train_TargetDepth_HitsIt(bool gain, double depth)
    {
        var trained = Train(Separable, gain, new GateTarget(GateTargetKind.Depth, depth));
        Assert.InRange(trained.Judgement.Prices[0].Gate.MeanDepth, depth - 0.1, depth + 0.1);
        Assert.Equal(trained.Beta, trained.Judgement.Prices[0].Beta);
        Assert.Equal(Math.Round(trained.Beta!.Value, 3), trained.Beta);
        Assert.Contains(trained.Curve, point => point.Beta == trained.Beta);
        Assert.InRange(trained.Curve.Count, 2, 7);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(3)]
    public void Train_MaxQualityLoss_StaysWithinAndIsCheaperThanFull(double loss)
    {
        var price = Train(Separable, gain: true, new GateTarget(GateTargetKind.QualityLoss, loss)).Judgement.Prices[0];
        Assert.InRange(price.QualityLoss, loss - 0.2, loss); // within a few images of the limit
        Assert.True(price.Gate.MeanDepth < price.Full.MeanDepth);
    }

    [Theory]
    [InlineData(GateTargetKind.QualityLoss, -20, "a loss of at most -20", "from")]
    [InlineData(GateTargetKind.Depth, 3.99, "a mean depth of 3.99", "from 1 to 1 layers")]
    public void Train_UnreachableTarget_SaysWhatCanBeReached(GateTargetKind kind, double value, params string[] messages)
    {
        // Depth gains nothing at all, so the shallow exit is chosen at any price.
        var data = new GateData(SyntheticRows.Exits, [.. Enumerable.Range(0, 40).Select(static i => (float)i)], [.. Enumerable.Repeat((double[])[0.5, 0.5, 0.5], 40).SelectMany(static row => row)]);
        var exception = Assert.Throws<RecipeException>(() => Train(data, gain: true, new GateTarget(kind, value)));
        Assert.All(messages, message => Assert.Contains(message, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Train_TooFewImages_SaysHowManyItTakes()
    {
        var exception = Assert.Throws<RecipeException>(() => Train(SyntheticRows.Data(SyntheticRows.Make(9)), gain: true));
        Assert.Contains("9 images are too few", exception.Message, StringComparison.Ordinal);
        Assert.Contains("10 at least", exception.Message, StringComparison.Ordinal);
    }

    private static TrainedGate Train(GateData data, bool gain, GateTarget? target = null, ulong seed = 0, double beta = Beta) =>
        GateTraining.Train(
            data,
            new GateTrainingOptions { Gain = gain, Target = target ?? new GateTarget(GateTargetKind.Beta, beta), Seed = seed },
            TestContext.Current.CancellationToken);
}
