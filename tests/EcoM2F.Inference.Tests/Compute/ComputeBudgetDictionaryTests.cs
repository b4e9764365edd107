using EcoM2F.Inference.Compute.StructuredFields;

namespace EcoM2F.Inference.Tests.Compute;

/// <summary>Vectors of our own over RFC 9651's grammar.</summary>
public sealed class ComputeBudgetDictionaryTests
{
    [Theory]
    [InlineData("a=1", nameof(ItemType.Integer), "1")]
    [InlineData("a=-0", nameof(ItemType.Integer), "0")]
    [InlineData("a=007", nameof(ItemType.Integer), "7")]
    [InlineData("a=-999999999999999", nameof(ItemType.Integer), "-999999999999999")]
    [InlineData("a=1.5", nameof(ItemType.Decimal), "1.5")]
    [InlineData("a=-123456789012.125", nameof(ItemType.Decimal), "-123456789012.125")]
    [InlineData("a=0.0", nameof(ItemType.Decimal), "0.0")]
    [InlineData("a=tok", nameof(ItemType.Token), "tok")]
    [InlineData("a=*t/o:k!#$%&'*+-.^_`|~9", nameof(ItemType.Token), "*t/o:k!#$%&'*+-.^_`|~9")]
    [InlineData("a=\"s p\"", nameof(ItemType.String), "s p")]
    [InlineData("a=\"q\\\"b\\\\\"", nameof(ItemType.String), "q\"b\\")]
    [InlineData("a=:aGVsbG8=:", nameof(ItemType.ByteSequence), "aGVsbG8=")]
    [InlineData("a=:aGVsbG8:", nameof(ItemType.ByteSequence), "aGVsbG8")]
    [InlineData("a=?0", nameof(ItemType.Boolean), "0")]
    [InlineData("a=?1", nameof(ItemType.Boolean), "1")]
    [InlineData("a", nameof(ItemType.Boolean), "1")]
    [InlineData("a=@1659578233", nameof(ItemType.Date), "1659578233")]
    [InlineData("a=%\"f%c3%bc\"", nameof(ItemType.DisplayString), "fü")]
    public void Parse_OneMember_GivesTypeAndValue(string text, string type, string value)
    {
        var member = Assert.Single(DictionaryParser.Parse(text));

        Assert.Equal("a", member.Key);
        Assert.Equal(type, member.Value?.Type.ToString());
        Assert.Equal(value, member.Value?.ToString());
        Assert.False(member.HasParameters);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void Parse_Empty_HasNoMembers(string text) => Assert.Empty(DictionaryParser.Parse(text));

    [Theory]
    [InlineData("  a=1 , b=2\t,\t c=3  ", "a b c")]
    [InlineData("a=1,a=2", "a a")]
    [InlineData("*k.e-y_0=1", "*k.e-y_0")]
    public void Parse_Members_KeepOrderAndDuplicates(string text, string keys) =>
        Assert.Equal(keys.Split(' '), DictionaryParser.Parse(text).Select(member => member.Key));

    [Theory]
    [InlineData("a;p")]
    [InlineData("a=1;p=2; q=\"x\"")]
    [InlineData("a=();p=?1")]
    public void Parse_Parameters_AreReported(string text) =>
        Assert.True(Assert.Single(DictionaryParser.Parse(text)).HasParameters);

    [Theory]
    [InlineData("a=()")]
    [InlineData("a=(  )")]
    [InlineData("a=(1 2.5;x tok \"s\" )")]
    public void Parse_InnerList_HasNoItem(string text) =>
        Assert.Null(Assert.Single(DictionaryParser.Parse(text)).Value);

    [Theory]
    [InlineData("a=")]
    [InlineData("a=1,")]
    [InlineData("a=1, ")]
    [InlineData(",a=1")]
    [InlineData("a=1,,b=2")]
    [InlineData("a=1 b=2")]
    [InlineData("\ta=1")]
    [InlineData("A=1")]
    [InlineData("1=1")]
    [InlineData("a =1")]
    [InlineData("a= 1")]
    [InlineData("a=-")]
    [InlineData("a=--1")]
    [InlineData("a=+1")]
    [InlineData("a=1.")]
    [InlineData("a=.5")]
    [InlineData("a=1.2345")]
    [InlineData("a=1e3")]
    [InlineData("a=1234567890123456")]
    [InlineData("a=1234567890123.1")]
    [InlineData("a=\"open")]
    [InlineData("a=\"bad \\n escape\"")]
    [InlineData("a=\"tab\there\"")]
    [InlineData("a=\"ü\"")]
    [InlineData("a=:not base64:")]
    [InlineData("a=:a:")]
    [InlineData("a=:aGVsbG8=")]
    [InlineData("a=?")]
    [InlineData("a=?2")]
    [InlineData("a=?true")]
    [InlineData("a=@")]
    [InlineData("a=@1.5")]
    [InlineData("a=%\"C3%BC\"x")]
    [InlineData("a=%\"%C3%BC\"")]
    [InlineData("a=%\"%c3\"")]
    [InlineData("a=%x")]
    [InlineData("a=(1")]
    [InlineData("a=(1,2)")]
    [InlineData("a=(1\t2)")]
    [InlineData("a=((1))")]
    [InlineData("a;")]
    [InlineData("a;P=1")]
    [InlineData("a=1;p=")]
    [InlineData("a\0=1")]
    [InlineData("a=\0")]
    [InlineData("{\"a\": 1}")]
    public void Parse_OutsideTheGrammar_IsRefused(string text) =>
        Assert.Throws<StructuredFieldException>(() => DictionaryParser.Parse(text));
}
