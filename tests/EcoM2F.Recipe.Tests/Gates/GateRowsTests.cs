using System.Text;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Gates;

public sealed class GateRowsTests : IDisposable
{
    private static readonly GateRowRules Rules = new("aaaaaaaaaaaa", SyntheticRows.Exits, SyntheticRows.Width);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_ShardsInAnyOrder_GivesTheSameData()
    {
        var rows = SyntheticRows.Make(9);
        var one = Read([Write("all.jsonl", rows)], Rules).Data;
        var two = Read([Write("b.jsonl", rows.Skip(4).Reverse()), Write("a.jsonl", rows.Take(4))], Rules).Data;
        Assert.Equal(9, two.Images);
        for (var image = 0; image < 9; image++)
        {
            Assert.Equal(one.Feature(image), two.Feature(image));
            Assert.Equal(one.Quality(image), two.Quality(image));
        }
    }

    [Fact]
    public void Read_RowWithNothingToScore_IsLeftOutAndCounted()
    {
        var rows = SyntheticRows.Make(3);
        rows[1] = rows[1] with { Quality = [double.NaN, double.NaN, 0] };
        var read = Read([Write("a.jsonl", rows)], Rules);
        Assert.Equal((2, 1), (read.Data.Images, read.LeftOut));
    }

    [Fact]
    public void Read_SameImageInTwoFiles_NamesBothPlaces()
    {
        var rows = SyntheticRows.Make(3);
        var (a, b) = (Write("a.jsonl", rows), Write("b.jsonl", rows.Skip(1)));
        var message = Fail(Rules, a, b);
        Assert.All((string[])[$"{b}: line 1", "0001.jpg", $"{a}: line 2"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_RowsOfAnotherModel_AreRefusedUnlessAsked()
    {
        var file = Write("a.jsonl", SyntheticRows.Make(3).Select(static row => row with { Model = "bbbbbbbbbbbb" }));
        Assert.Contains("'model' is bbbbbbbbbbbb", Fail(Rules, file), StringComparison.Ordinal);
        Assert.Equal(["bbbbbbbbbbbb"], Read([file], Rules with { AnyModel = true }).Models);
        var unsaid = Write("b.jsonl", SyntheticRows.Make(3).Select(static row => row with { Model = null, Image = "x" + row.Image }));
        Assert.Contains("'model' is missing", Fail(Rules, unsaid), StringComparison.Ordinal);
        Assert.Contains("--any-model", Fail(Rules, unsaid), StringComparison.Ordinal);
        Assert.Equal([GateRows.Unknown], Read([unsaid], Rules with { AnyModel = true }).Models);
        Assert.Contains("several models", Fail(Rules with { AnyModel = true }, file, unsaid), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SeveralDataSets_AreRefusedUnlessAsked()
    {
        var rows = SyntheticRows.Make(3);
        var (a, b) = (Write("a.jsonl", rows), Write("b.jsonl", rows.Select(static row => row with { Dataset = "eeeeeeeeeeee" })));
        Assert.Contains($"({b}: line 1)", Fail(Rules, a, b), StringComparison.Ordinal);
        var both = Read([a, b], Rules with { MixDatasets = true });
        Assert.Equal((6, 2), (both.Data.Images, both.Datasets.Count)); // the same name in two sets is two images
    }

    [Fact]
    public void Read_RowsThatDoNotFitTheModel_NameTheField()
    {
        var row = SyntheticRows.Make(1)[0];
        Assert.Contains("'exits' is [1, 2, 3]", Fail(Rules, Write("a.jsonl", [row with { Points = SyntheticRows.Points([1, 2, 3]) }])), StringComparison.Ordinal);
        Assert.Contains("'pooled' has 2 numbers", Fail(Rules, Write("a.jsonl", [row with { Pooled = [1, 2] }])), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoRowsOrNoFile_SaysSo()
    {
        Assert.Contains("no rows", Fail(Rules, Write("a.jsonl", [])), StringComparison.Ordinal);
        Assert.Contains("There is no file", Fail(Rules, _folder["absent.jsonl"]), StringComparison.Ordinal);
    }

    private string Write(string name, IEnumerable<DerivedRow> rows) =>
        _folder.Write(name, string.Concat(rows.Select(static row => Encoding.UTF8.GetString(DerivedRowWriter.ToLine(row)))));

    private static GateRows Read(IReadOnlyList<string> files, GateRowRules rules) => GateRows.Read(files, rules, TestContext.Current.CancellationToken);

    private static string Fail(GateRowRules rules, params string[] files) => Assert.Throws<RecipeException>(() => Read(files, rules)).Message;
}
