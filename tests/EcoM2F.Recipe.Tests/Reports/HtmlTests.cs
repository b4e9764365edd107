using EcoM2F.Recipe.Reports;

namespace EcoM2F.Recipe.Tests.Reports;

public sealed class HtmlTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\" onload=\"alert(1)")]
    [InlineData("' onload='alert(1)")]
    [InlineData("</style><img src=x>")]
    [InlineData("&lt;b&gt;")]
    public void Of_HostileText_StaysText(string text)
    {
        var html = Html.Of($"<b title=\"{text}\">{text}</b>").Markup;
        var inside = html["<b title=\"".Length..^"</b>".Length];
        Assert.DoesNotContain('<', inside);
        Assert.Equal($"{text}\">{text}", System.Net.WebUtility.HtmlDecode(inside));
    }

    [Fact]
    public void Of_Markup_IsNotEscapedTwice() =>
        Assert.Equal("<p><i>&lt;</i><i>&lt;</i></p>", Html.Of($"<p>{Html.Each((string[])["<", "<"], static text => Html.Of($"<i>{text}</i>"))}</p>").Markup);

    [Fact]
    public void Of_Numbers_UseAPoint() => Assert.Equal("1.5 3", Html.Of($"{1.5:0.0} {3}").Markup);

    [Theory]
    [InlineData(24.2, 35.1)]
    [InlineData(-0.3, 0.4)]
    [InlineData(5, 5)]
    [InlineData(0, 0)]
    [InlineData(double.NaN, double.NaN)]
    public void Around_AnyNumbers_HasPlacesAndTicksInside(double least, double most)
    {
        var axis = Axis.Around([least, most], 100, 0);
        Assert.True(axis.Least < axis.Most);
        Assert.All(axis.Ticks(5), tick => Assert.InRange(axis.At(tick), -0.001, 100.001));
        Assert.InRange(axis.Ticks(5).Count(), 1, 12);
    }
}
