using System.Text;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Derive;

public sealed class DerivedRowTests : IDisposable
{
    private const string Good = """{"image":"a.jpg","exits":[1,2],"quality":[0.5,null],"pooled":[0.25,-1.5e-3],"size":[320,448]}""";

    private static readonly InputSize Input = new(320, 448);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WriteThenRead_EveryField_ComesBack()
    {
        var row = new DerivedRow
        {
            Image = "Zürich <1> \"x\".jpg",
            Points = [new ComputePoint(GateData.OwnSize, Input, 1), new ComputePoint(GateData.OwnSize, Input, 3)],
            Quality = [0.1234567890123, double.NaN],
            Pooled = [0.1f, float.Epsilon, -3],
            Times = new StageTimes { Stem = 21.5, Encoder = 0 },
            Model = "0123456789ab",
            Dataset = "ba9876543210",
        };
        var line = DerivedRowWriter.ToLine(row);
        Assert.Equal((byte)'\n', line[^1]);
        Assert.Equal(line.Length - 1, Array.IndexOf(line, (byte)'\n'));
        Assert.Contains("<1>", Encoding.UTF8.GetString(line), StringComparison.Ordinal);
        File.WriteAllBytes(_folder["a.jsonl"], line);
        var read = Assert.Single(new DerivedRowReader(_folder["a.jsonl"]).Read());
        Assert.Equal(row.Image, read.Image);
        Assert.Equal(row.Points, read.Points);
        Assert.Equal(row.Quality, read.Quality);
        Assert.Equal(row.Pooled, read.Pooled);
        Assert.Equal(row.Times, read.Times);
        Assert.Equal((row.Model, row.Dataset), (read.Model, read.Dataset));
    }

    [Fact]
    public void Write_Points_AreDepthsAndOneSizeInTheFile()
    {
        var row = new DerivedRow
        {
            Image = "a.jpg",
            Points = [new ComputePoint(GateData.OwnSize, Input, 1), new ComputePoint(GateData.OwnSize, Input, 3)],
            Quality = [0.5, double.NaN],
            Pooled = [0.25f],
            Times = new StageTimes { Mask = 1.5, Decoder = 4, Encoder = 14.25, Stem = 21, Decode = 3 },
            Model = "m",
            Dataset = "d",
        };
        Assert.Equal(
            """{"image":"a.jpg","exits":[1,3],"quality":[0.5,null],"pooled":[0.25],"size":[320,448],"milliseconds":{"decode":3,"stem":21,"encoder":14.25,"decoder":4,"mask":1.5},"model":"m","dataset":"d"}""" + "\n",
            Encoding.UTF8.GetString(DerivedRowWriter.ToLine(row)));
    }

    [Fact]
    public void WriteThenRead_PointsWithSizes_ComeBack()
    {
        var row = new DerivedRow
        {
            Image = "a.jpg",
            Points = [new ComputePoint(192, new InputSize(192, 288), 1), new ComputePoint(320, Input, 1)],
            HasPoints = true,
            Quality = [0.5, 0.25],
            Pooled = [0.25f],
            Model = "m",
            Dataset = "d",
            Precision = GraphPrecisions.Fp32,
            Reference = "full",
        };
        var line = Encoding.UTF8.GetString(DerivedRowWriter.ToLine(row));
        Assert.Equal(
            """{"image":"a.jpg","points":[{"size":192,"depth":1,"input":[192,288]},{"size":320,"depth":1,"input":[320,448]}],"quality":[0.5,0.25],"pooled":[0.25],"model":"m","dataset":"d","precision":"fp32","reference":"full"}""" + "\n",
            line);
        var read = Assert.Single(new DerivedRowReader(_folder.Write("a.jsonl", line)).Read());
        Assert.Equal(row.Points, read.Points);
        Assert.Equal((true, "fp32", "full"), (read.HasPoints, read.Precision, read.Reference));
    }

    [Fact]
    public void Read_TimesOfStagesThatAreNotOurs_AreLeftOut()
    {
        var file = _folder.Write("a.jsonl", $"{Good[..^1]},\"milliseconds\":{{\"upload\":7,\"stem\":2}}}}\n");
        Assert.Equal(new StageTimes { Stem = 2 }, Assert.Single(new DerivedRowReader(file).Read()).Times);
    }

    [Theory]
    [InlineData("", "line 2")] // a blank line
    [InlineData("null", "line 2", "is null")]
    [InlineData("[1]", "line 2")]
    [InlineData("{", "line 2")]
    [InlineData("""{"image":"a.jpg"} x""", "line 2")]
    [InlineData("""{"image":5}""", "line 2", "$.image")]
    [InlineData("""{"image":"a.jpg","picture":1}""", "line 2", "$.picture")]
    [InlineData("""{"image":"a.jpg","image":"b.jpg"}""", "line 2", "$.image")]
    [InlineData("""{"exits":[1,2],"quality":[0.5,0.5],"pooled":[1],"size":[1,1]}""", "line 2", "'image'", "missing")]
    [InlineData("""{"image":"","exits":[1,2],"quality":[0.5,0.5],"pooled":[1],"size":[1,1]}""", "line 2", "'image'", "not empty")]
    [InlineData("""{"image":"a","quality":[0.5,0.5],"pooled":[1],"size":[1,1]}""", "line 2", "'exits'", "missing")]
    [InlineData("""{"image":"a","exits":[2,1],"quality":[0.5,0.5],"pooled":[1],"size":[1,1]}""", "line 2", "'exits'", "ascending")]
    [InlineData("""{"image":"a","exits":[],"quality":[],"pooled":[1],"size":[1,1]}""", "line 2", "'exits'", "ascending")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5],"pooled":[1],"size":[1,1]}""", "line 2", "'quality'", "not 1")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,31],"pooled":[1],"size":[1,1]}""", "line 2", "'quality'", "from 0 to 1")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,NaN],"pooled":[1],"size":[1,1]}""", "line 2", "$.quality[1]")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,"x"],"pooled":[1],"size":[1,1]}""", "line 2", "$.quality[1]")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,0.5],"pooled":[],"size":[1,1]}""", "line 2", "'pooled'", "finite")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,0.5],"pooled":[1e99],"size":[1,1]}""", "line 2", "'pooled'", "finite")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,0.5],"pooled":[1],"size":[1]}""", "line 2", "'size'", "from 1 to 65535")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,0.5],"pooled":[1],"size":[0,1]}""", "line 2", "'size'", "from 1 to 65535")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,0.5],"pooled":[1],"size":[1,1],"milliseconds":{"stem":-1}}""", "line 2", "'milliseconds'", "finite", "from 0")]
    [InlineData("""{"image":"a","exits":[1,2],"quality":[0.5,0.5],"pooled":[1],"size":[1,1],"model":""}""", "line 2", "'model'", "not empty")]
    [InlineData("""{"image":"a","exits":[1],"points":[{"size":64,"depth":1,"input":[1,1]}],"quality":[0.5],"pooled":[1],"size":[1,1]}""", "line 2", "'points'", "without 'exits'")]
    [InlineData("""{"image":"a","points":[],"quality":[],"pooled":[1]}""", "line 2", "'points'", "at least one")]
    [InlineData("""{"image":"a","points":[{"size":64,"input":[1,1]}],"quality":[0.5],"pooled":[1]}""", "line 2", "'points[0].depth'", "missing")]
    [InlineData("""{"image":"a","points":[{"size":0,"depth":1,"input":[1,1]}],"quality":[0.5],"pooled":[1]}""", "line 2", "'points[0].size'", "from 1")]
    [InlineData("""{"image":"a","points":[{"size":64,"depth":1,"input":[1]}],"quality":[0.5],"pooled":[1]}""", "line 2", "'points[0].input'", "height and width")]
    [InlineData("""{"image":"a","points":[{"size":64,"depth":2,"input":[1,1]},{"size":64,"depth":1,"input":[1,1]}],"quality":[0.5,0.5],"pooled":[1]}""", "line 2", "'points'", "ascending")]
    [InlineData("""{"image":"a","points":[{"size":64,"depth":1,"input":[1,1]}],"quality":[0.5,0.5],"pooled":[1]}""", "line 2", "'quality'", "1 points", "not 2")]
    [InlineData("""{"image":"a","exits":[1],"quality":[0.5],"pooled":[1],"size":[1,1],"precision":"fp64"}""", "line 2", "'precision'", "fp32")]
    [InlineData("""{"image":"a","exits":[1],"quality":[0.5],"pooled":[1],"size":[1,1],"reference":"half"}""", "line 2", "'reference'", "full")]
    public void Read_WrongLine_NamesFileLineAndField(string line, params string[] messages)
    {
        var file = _folder.Write("a.jsonl", $"{Good}\n{line}\n{Good}\n");
        var exception = Assert.Throws<RecipeException>(() => new DerivedRowReader(file).Read().Count());
        Assert.StartsWith(file, exception.Message, StringComparison.Ordinal);
        Assert.All(messages, message => Assert.Contains(message, exception.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("EcoM2F.", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BytesThatAreNoText_NamesTheLine()
    {
        File.WriteAllBytes(_folder["a.jsonl"], [.. Encoding.UTF8.GetBytes(Good), (byte)'\n', 0xFF, 0xFE, 0x00, (byte)'\n']);
        var exception = Assert.Throws<RecipeException>(() => new DerivedRowReader(_folder["a.jsonl"]).Read().Count());
        Assert.Contains("a.jsonl: line 2: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileCutAnywhere_ResumesAfterTheLastWholeLine()
    {
        var whole = Encoding.UTF8.GetBytes($"{Good}\n{Good}\n");
        var first = Good.Length + 1;
        for (var length = first; length <= whole.Length; length++)
        {
            File.WriteAllBytes(_folder["a.jsonl"], whole[..length]);
            var reader = new DerivedRowReader(_folder["a.jsonl"]);
            Assert.Equal(length == whole.Length ? 2 : 1, reader.Read(dropTornEnd: true).Count());
            Assert.Equal(length == whole.Length ? whole.Length : first, reader.CompleteBytes);
        }
    }

    [Fact]
    public void Read_CutOffLastLine_IsReportedWhereNothingResumes()
    {
        var file = _folder.Write("a.jsonl", $"{Good}\n{Good[..^9]}");
        var exception = Assert.Throws<RecipeException>(() => new DerivedRowReader(file).Read().Count());
        Assert.Contains("line 2", exception.Message, StringComparison.Ordinal);
        Assert.Contains("derive was killed", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, new DerivedRowReader(_folder.Write("b.jsonl", $"{Good}\n{Good}")).Read().Count());
    }

    [Fact]
    public void Read_ByteOrderMarksAndFloats_AreReadAsWithout()
    {
        var floats = Good.Replace("[1,2]", "[1.0,2.0]", StringComparison.Ordinal).Replace("[320,448]", "[320.0,448.0]", StringComparison.Ordinal);
        var reader = new DerivedRowReader(_folder.Write("a.jsonl", $"\uFEFF{Good}\n\uFEFF{floats}\n"));
        var rows = reader.Read().ToList();
        Assert.All(rows, static row => Assert.Equal([new ComputePoint(GateData.OwnSize, Input, 1), new ComputePoint(GateData.OwnSize, Input, 2)], row.Points));
        Assert.Equal(new FileInfo(_folder["a.jsonl"]).Length, reader.CompleteBytes);
    }

    [Fact]
    public void Read_LongLines_AreReadWhole()
    {
        var long1 = Good.Replace("0.25", string.Join(',', Enumerable.Repeat("0.125", 30_000)), StringComparison.Ordinal);
        var file = _folder.Write("a.jsonl", $"{Good}\n{long1}\n{Good}\n");
        Assert.Equal([2, 30_001, 2], new DerivedRowReader(file).Read().Select(static row => row.Pooled.Length));
        var endless = _folder.Write("b.jsonl", new string('x', (16 * 1024 * 1024) + 2_000_000));
        Assert.Contains("line 1 is longer", Assert.Throws<RecipeException>(() => new DerivedRowReader(endless).Read().Count()).Message, StringComparison.Ordinal);
    }
}
