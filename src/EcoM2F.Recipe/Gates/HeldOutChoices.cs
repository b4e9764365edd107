namespace EcoM2F.Recipe.Gates;

/// <summary>What was chosen for images by gates that did not see them, at one price: indexes of points, by image.</summary>
/// <param name="DepthAlone">With one size for all images; null unless there are sizes to choose.</param>
/// <param name="SizeAlone">With one depth for all images.</param>
internal sealed record HeldOutChoices(double Beta, int[] Gate, int[]? DepthAlone = null, int[]? SizeAlone = null)
{
    public PriceJudgement Judge(GateData data) => PriceJudgement.Of(data, Gate, Beta) with
    {
        DepthAlone = DepthAlone is null ? null : PolicyScore.Of(data, DepthAlone, Beta),
        SizeAlone = SizeAlone is null ? null : PolicyScore.Of(data, SizeAlone, Beta),
    };
}
