namespace EcoM2F.Compiler.Tests;

internal static class TensorAssert
{
    public static float Close(NamedTensor expected, NamedTensor actual, float tolerance, string what)
    {
        Assert.True(expected.Shape.SequenceEqual(actual.Shape), $"{what}: [{string.Join(", ", actual.Shape)}] for [{string.Join(", ", expected.Shape)}]");
        var worst = 0f;
        for (var i = 0; i < expected.Floats.Length; i++)
        {
            Assert.True(float.IsFinite(actual.Floats[i]), $"{what}[{i}] is {actual.Floats[i]}");
            worst = Math.Max(worst, Math.Abs(expected.Floats[i] - actual.Floats[i]));
        }

        Assert.True(worst <= tolerance, $"{what}: differs by {worst}, allowed {tolerance}");
        return worst;
    }
}
