using EcoM2F.Inference.Imaging;
using EcoM2F.TestSupport;
using NetVips;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>A profile is what its numbers say and not what it is called.</summary>
public sealed class ColourProfileTests
{
    private static readonly byte[] Colour = [200, 120, 60];

    [Fact]
    public void Decode_LinearLightNamedSrgb_IsConverted()
    {
        using var image = Deep(0.2140, TestProfile.Rgb("GIMP built-in Linear sRGB", TestProfile.SrgbPrimaries, TestProfile.LinearCurve));

        AssertNear([128, 128, 128], Decode(image), 1);
    }

    [Fact]
    public void Decode_DisplayP3NamedSrgb_IsConverted()
    {
        using var srgb = Flat(Colour, Enums.Interpretation.Srgb);
        using var p3 = srgb.IccTransform("p3", inputProfile: "srgb");
        Assert.NotInRange(p3.Getpoint(0, 0)[0], Colour[0] - 5, Colour[0] + 5);

        AssertNear(Colour, Decode(With(p3, TestProfile.Rgb("Display P3 (not sRGB)", TestProfile.P3Primaries, TestProfile.SrgbCurve))), 2);
    }

    [Fact]
    public void Decode_GammaNamedSrgb_IsConverted()
    {
        var stored = (byte)Math.Round(255 * Math.Pow(TestProfile.SrgbToLinear(0.1), 1 / 1.8));
        using var image = Flat([stored, stored, stored], Enums.Interpretation.Srgb);

        AssertNear([26, 26, 26], Decode(With(image, TestProfile.Rgb("sRGB", TestProfile.SrgbPrimaries, TestProfile.Gamma(1.8)))), 1);
    }

    /// <summary>Every colour in steps of 15, most of Adobe RGB's outside of sRGB.</summary>
    [Theory]
    [InlineData("p3")]
    [InlineData("adobe")]
    [InlineData("linear")]
    [InlineData("table")]
    public void Decode_PrimariesAndCurves_IsWhatLittleCmsGives(string name)
    {
        var profile = name switch
        {
            "p3" => TestProfile.Rgb("Display P3", TestProfile.P3Primaries, TestProfile.SrgbCurve),
            "adobe" => TestProfile.Rgb("Adobe RGB", TestProfile.AdobePrimaries, TestProfile.Gamma(563.0 / 256)),
            "linear" => TestProfile.Rgb("linear", TestProfile.SrgbPrimaries, TestProfile.LinearCurve),
            _ => TestProfile.Rgb("table", TestProfile.P3Primaries, TestProfile.Table(1024, static value => Math.Pow(value, 1.8))),
        };
        const int Levels = 18;
        var pixels = Enumerable.Range(0, Levels * Levels * Levels).SelectMany(static i => (byte[])[(byte)(i / (Levels * Levels) * 15), (byte)(i / Levels % Levels * 15), (byte)(i % Levels * 15)]).ToArray();
        using var flat = TestImages.Bands(pixels, Levels * Levels, Levels, 3, Enums.Interpretation.Srgb);
        using var image = With(flat, profile);
        using var expected = image.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative, depth: 8);

        var differences = Decode(image).Zip(expected.WriteToMemory<byte>(), static (ours, theirs) => Math.Abs(ours - theirs)).ToList();

        Assert.NotNull(new IccProfile(profile).ToSrgb());
        Assert.InRange(differences.Max(), 0, 1);
        Assert.InRange(differences.Average(), 0, 0.1);
    }

    /// <summary>Alpha and turning come before or after, and change no colour.</summary>
    [Fact]
    public void Decode_ProfileWithAlphaAndOrientation_IsConvertedAndTurned()
    {
        using var two = TestImages.Bands([200, 120, 60, 255, 10, 20, 30, 0], 2, 1, 4, Enums.Interpretation.Srgb);
        using var p3 = With(two, TestProfile.Rgb("Display P3", TestProfile.P3Primaries, TestProfile.SrgbCurve));
        var plain = Decode(p3);
        using var turned = p3.Mutate(static mutable => mutable.Set(GValue.GIntType, "orientation", 3));

        var upright = DecodeBytes(turned.TiffsaveBuffer());

        Assert.NotInRange(plain[0], 198, 202);
        Assert.Equal([.. plain[3..], .. plain[..3]], upright);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(26)] // as in the smallest profiles in use
    [InlineData(1024)]
    public void Decode_SrgbUnderAnyName_IsLeftAsItIs(int samples)
    {
        var curve = samples == 0 ? TestProfile.SrgbCurve : TestProfile.Table(samples, TestProfile.SrgbToLinear);
        using var image = TestImages.Rgb(48, 32);

        Assert.Equal(TestImages.Gradient(48, 32), Decode(With(image, TestProfile.Rgb("c2", TestProfile.SrgbPrimaries, curve))));
    }

    [Fact]
    public void Decode_LinearGreyNamedSrgb_IsConverted()
    {
        using var grey = Flat([55], Enums.Interpretation.Bw);

        AssertNear([128, 128, 128], Decode(With(grey, TestProfile.Grey("Linear grey of sRGB", TestProfile.LinearCurve))), 1);
    }

    [Fact]
    public void Decode_GreyWithCurveOfSrgb_IsLeftAsItIs()
    {
        using var grey = TestImages.Bands([.. Enumerable.Range(0, 256).Select(static value => (byte)value)], 16, 16, 1, Enums.Interpretation.Bw);

        Assert.Equal(Enumerable.Range(0, 256).SelectMany(static value => Enumerable.Repeat((byte)value, 3)), Decode(With(grey, TestProfile.Grey("sGrey", TestProfile.SrgbCurve))));
    }

    [Fact]
    public void Decode_ProfileOfAnotherColourSpace_IsIgnored()
    {
        using var rgb = TestImages.Rgb(48, 32);
        using var grey = Flat([55], Enums.Interpretation.Bw);

        // PNG's library drops such a profile itself; TIFF's does not.
        Assert.Equal(TestImages.Gradient(48, 32), DecodeBytes(With(rgb, TestProfile.Grey("grey", TestProfile.LinearCurve)).TiffsaveBuffer()));
        Assert.All(DecodeBytes(With(grey, TestProfile.Rgb("linear", TestProfile.SrgbPrimaries, TestProfile.LinearCurve)).TiffsaveBuffer()), static value => Assert.Equal(55, value));
    }

    [Fact]
    public void Decode_DamagedProfile_IsIgnored()
    {
        using var rgb = TestImages.Rgb(48, 32);
        var profile = TestProfile.Rgb("linear", TestProfile.SrgbPrimaries, TestProfile.LinearCurve);

        Assert.Equal(TestImages.Gradient(48, 32), DecodeBytes(With(rgb, profile[..150]).TiffsaveBuffer()));
    }

    [Theory]
    [InlineData("srgb", true)]
    [InlineData("p3", false)]
    public void IsSrgb_ProfilesOfTheLibrary_AreTold(string name, bool expected)
    {
        using var rgb = TestImages.Rgb(2, 2);
        using var converted = rgb.IccTransform(name, inputProfile: "srgb");

        Assert.Equal(expected, new IccProfile((byte[])converted.Get("icc-profile-data")).IsSrgb());
    }

    [Fact]
    public void IsSrgb_AnyDamage_IsReadWithinBounds()
    {
        var profile = TestProfile.Rgb("sRGB", TestProfile.SrgbPrimaries, TestProfile.Table(26, TestProfile.SrgbToLinear));
        Assert.True(new IccProfile(profile).IsSrgb());
        for (var i = 0; i < profile.Length; i++)
        {
            _ = new IccProfile(profile.AsSpan(0, i)).IsSrgb();
            _ = new IccProfile(profile.AsSpan(0, i)).ToSrgb();
            var damaged = (byte[])profile.Clone();
            damaged[i] = 0xFF;
            _ = new IccProfile(damaged).IsSrgb();
            new IccProfile(damaged).ToSrgb()?.Convert(Colour, new byte[3]);
        }
    }

    [Fact]
    public void Decode_LinearPhoto_IsAsBrightAsItShouldBe()
    {
        var file = Path.Combine(RepositoryPaths.Shared, "cases", "linear_srgb.png");
        Assert.SkipUnless(File.Exists(file), "needs the shared cases");
        using var stored = Image.NewFromBuffer(File.ReadAllBytes(file));
        var mean = stored.Avg() / 257;

        Assert.True(DecodeBytes(File.ReadAllBytes(file)).Average(static value => value) > mean + 20);
    }

    private static Image Flat(byte[] colour, Enums.Interpretation interpretation) =>
        TestImages.Bands([.. Enumerable.Repeat(colour, 16).SelectMany(static value => value)], 4, 4, colour.Length, interpretation);

    /// <summary>16 bits per sample, of one grey.</summary>
    private static Image Deep(double value, byte[] profile)
    {
        var sample = (ushort)Math.Round(value * ushort.MaxValue);
        using var image = Image.NewFromMemoryCopy<ushort>(Enumerable.Repeat(sample, 48).ToArray(), 4, 4, 3, Enums.BandFormat.Ushort).Copy(interpretation: Enums.Interpretation.Rgb16);
        return With(image, profile);
    }

    private static Image With(Image image, byte[] profile) => image.Mutate(mutable => mutable.Set(GValue.BlobType, "icc-profile-data", profile));

    private static byte[] Decode(Image image) => DecodeBytes(image.PngsaveBuffer());

    private static byte[] DecodeBytes(byte[] bytes) => ImageDecoder.Decode(bytes, new ImageLimits(), TestContext.Current.CancellationToken).Pixels.ToArray();

    private static void AssertNear(byte[] expected, byte[] pixels, int tolerance) =>
        Assert.All(pixels.Select((value, i) => (Actual: (int)value, Expected: (int)expected[i % 3])), pair => Assert.InRange(pair.Actual, pair.Expected - tolerance, pair.Expected + tolerance));
}
