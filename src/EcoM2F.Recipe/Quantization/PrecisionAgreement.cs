namespace EcoM2F.Recipe.Quantization;

/// <summary>Agreement with the fp32 result at the deepest exit, of two precisions on the same photographs.</summary>
/// <param name="Fp32">By exit, a fraction; 1 at the deepest, which is compared with itself.</param>
/// <param name="Other">By exit, a fraction.</param>
public sealed record PrecisionAgreement(IReadOnlyList<double> Fp32, IReadOnlyList<double> Other)
{
    private const double Points = 100;

    /// <summary>
    /// Points of agreement that the other precision has less, as the mean of the exits below the deepest. At the deepest fp32 is compared with
    /// itself, and a segment that any rounding tips counts as one that is lost; below, both are compared with a third result. A model of one exit
    /// has nothing else.
    /// </summary>
    public double Loss
    {
        get
        {
            var exits = Math.Max(1, Fp32.Count - 1);
            return Points * Enumerable.Range(0, exits).Average(exit => Fp32[exit] - Other[exit]);
        }
    }
}
