using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment;

namespace EcoM2F.Cli.Tests.Segment;

public sealed class ShardTests
{
    [Fact]
    public void Parse_PartOfWhole_IsThatPart()
    {
        Assert.Equal(new Shard(2, 3), Shard.Parse("2/3"));
        Assert.Equal(Shard.All, Shard.Parse("1/1"));
    }

    [Theory]
    [InlineData("0/2")]
    [InlineData("3/2")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("1/0")]
    [InlineData("-1/2")]
    [InlineData("1/2/3")]
    [InlineData(" 1/2")]
    [InlineData("99999999999/2")]
    public void Parse_AnythingElse_NamesOptionAndWhatIsAllowed(string text)
    {
        var message = Assert.Throws<CliException>(() => Shard.Parse(text)).Message;
        Assert.Contains($"--shard is '{text}'", message, StringComparison.Ordinal);
        Assert.Contains("i/n", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Takes_AllShards_CoverEveryItemOnce(int count)
    {
        var shards = Enumerable.Range(1, count).Select(index => new Shard(index, count)).ToList();
        for (var position = 0; position < 20; position++)
        {
            Assert.Single(shards, shard => shard.Takes(position));
        }
    }
}
