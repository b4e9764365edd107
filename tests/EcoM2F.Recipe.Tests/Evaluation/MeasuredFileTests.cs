using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Gates;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Evaluation;

public sealed class MeasuredFileTests : IDisposable
{
    /// <summary>As lines are since the first version.</summary>
    private const string Line = """{"run":"r","image":{"image":"a.jpg","size":{"height":64,"width":96},"counts":[{"$type":"panoptic","classes":[]},{"$type":"panoptic","classes":[]}],"quality":[0.5,"NaN"],"mirror_quality":null,"pooled":[0.25],"gates":{"fast":[1,2]},"similarities":[0.5,0.75],"times":{"decode":1,"stem":2,"gate":0.5,"encoder":30,"decoder":[4,5],"mask":[6,7]}}}""";

    private static readonly InputSize Input = new(64, 96);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_Line_IsAnImageWithItsWayToEveryPoint()
    {
        var image = Assert.Single(ReadAll(Line, 1, 3));
        var shared = new StageTimes { Decode = 1, Stem = 2, Gate = 0.5 };
        Assert.Equal([new ComputePoint(GateData.OwnSize, Input, 1), new ComputePoint(GateData.OwnSize, Input, 3)], image.Points);
        Assert.Equal([shared with { Encoder = 10, Decoder = 4, Mask = 6 }, shared with { Encoder = 30, Decoder = 5, Mask = 7 }], image.Times);
    }

    [Fact]
    public void Append_ImageThatWasRead_WritesTheSameLine()
    {
        var image = Assert.Single(ReadAll(Line, 1, 3));
        using (var file = Open("new", 1, 3))
        {
            file.Append(image);
        }

        Assert.Equal(Line + "\n", File.ReadAllText(_folder["new/measured.jsonl"]));
    }

    [Theory]
    [InlineData("\"decoder\":[4,5]", "\"decoder\":[4]")]
    [InlineData("\"mask\":[6,7]", "\"mask\":[]")]
    [InlineData("\"quality\":[0.5,\"NaN\"]", "\"quality\":[0.5]")]
    [InlineData("\"stem\":2,", "")]
    public void Open_LineThatLacksAnExit_IsRefused(string there, string instead)
    {
        var line = Line.Replace(there, instead, StringComparison.Ordinal);
        Assert.Contains("line 1 is not a measurement of evaluate with 2 exits", Assert.Throws<RecipeException>(() => ReadAll(line, 1, 3)).Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<MeasuredImage> ReadAll(string line, params int[] exits)
    {
        _folder.Write("old/measured.jsonl", line + "\n");
        using var file = Open("old", exits);
        return file.Images;
    }

    private MeasuredFile Open(string name, params int[] exits) =>
        MeasuredFile.Open(_folder[name], "r", [new DatasetImage(0, "0", "a.jpg", _folder["a.jpg"], 96, 64)], [.. exits.Select(static exit => new GatePoint(GateData.OwnSize, exit))], default);
}
