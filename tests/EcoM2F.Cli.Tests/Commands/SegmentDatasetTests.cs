using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>Data sets for other tools: what <c>segment</c> writes for a whole folder, read back.</summary>
public sealed class SegmentDatasetTests(TinyFiles tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CocoPanoptic_ReadByScore_EqualsTheTruthOfTheSameDepth()
    {
        const int Images = 6;
        await TinyDataset.WriteAsync(_folder["set"], tiny.Model, Images);
        (await SegmentAsync("set/images", "--format", "coco-panoptic", "--budget", "depth=3")).Exits(0);
        var score = (await ScoreAsync("panoptic", "coco-panoptic.json")).Exits(0).Json;

        // The truth of every third image is what the model gives at its third exit.
        Assert.Equal(1.0, score["per_image"]!["2"]!["pq"]!.GetValue<double>(), 1e-9);
        Assert.Equal(1.0, score["per_image"]!["5"]!["pq"]!.GetValue<double>(), 1e-9);
        Assert.Equal(Images, score["per_image"]!.AsObject().Count);
    }

    [Fact]
    public async Task CocoPanoptic_AsItsOwnTruth_IsPerfect()
    {
        TestImages.WriteMany(_folder["in"], 2);
        TestImages.Write(_folder["in/deep/er/b.jpg"], 5, 90, 70);
        (await SegmentAsync("in", "--format", "coco-panoptic")).Exits(0);
        var file = Read("coco-panoptic.json");
        var run = (await EcoM2FProgram.RunAsync("score", "panoptic", "--gt", _folder["out/coco-panoptic.json"], "--pred", _folder["out/coco-panoptic.json"], "--json")).Exits(0);

        Assert.Equal(1.0, run.Json["pq"]!.GetValue<double>(), 1e-9);
        Assert.Equal(["000.png", "001.png", "deep/er/b.jpg"], file["images"]!.AsArray().Select(static image => image!["file_name"]!.GetValue<string>()));
        Assert.Equal([1, 2, 3], file["images"]!.AsArray().Select(static image => image!["id"]!.GetValue<int>()));
        Assert.Equal([90, 70], (int[])[file["images"]![2]!["width"]!.GetValue<int>(), file["images"]![2]!["height"]!.GetValue<int>()]);
        Assert.True(File.Exists(_folder["out/coco-panoptic/deep/er/b.png"]));
    }

    [Fact]
    public async Task Categories_AreTheModelsInItsOrder()
    {
        TestImages.WriteMany(_folder["in"], 1);
        (await SegmentAsync("in", "--task", "instance,panoptic", "--format", "coco,coco-panoptic")).Exits(0);
        var classes = JsonNode.Parse(File.ReadAllText(Path.Combine(tiny.Model, "model.json")))!["classes"]!.AsArray();

        foreach (var file in (string[])["coco/annotations.json", "coco-panoptic.json"])
        {
            var categories = Read(file)["categories"]!.AsArray();
            Assert.Equal(Enumerable.Range(0, classes.Count), categories.Select(static category => category!["id"]!.GetValue<int>()));
            Assert.Equal(classes.Select(static item => item!["name"]!.GetValue<string>()), categories.Select(static category => category!["name"]!.GetValue<string>()));
            Assert.Equal(classes.Select(static item => item!["isthing"]!.GetValue<bool>() ? 1 : 0), categories.Select(static category => category!["isthing"]!.GetValue<int>()));
        }
    }

    [Fact]
    public async Task Coco_ReadByScore_IsPerfectAgainstItself()
    {
        TestImages.WriteMany(_folder["in"], 3);
        (await SegmentAsync("in", "--task", "instance", "--score-threshold", "0.01", "--format", "coco")).Exits(0);
        Assert.NotEmpty(Read("coco/annotations.json")["annotations"]!.AsArray());

        foreach (var prediction in (string[])["coco/results.json", "coco/annotations.json"])
        {
            var run = (await EcoM2FProgram.RunAsync("score", "instance", "--gt", _folder["out/coco/annotations.json"], "--pred", _folder[$"out/{prediction}"], "--json")).Exits(0);
            Assert.Equal(1.0, run.Json["AP50"]!.GetValue<double>(), 1e-9);
            Assert.Equal(1.0, run.Json["boxes"]!["AP"]!.GetValue<double>(), 1e-9);
        }
    }

    [Fact]
    public async Task Coco_Masks_AreThoseOfTheJson()
    {
        TestImages.WriteMany(_folder["in"], 2);
        (await SegmentAsync("in", "--task", "instance", "--score-threshold", "0.01", "--format", "json,coco", "--segmentation", "polygon")).Exits(0);
        var found = Read("001.json")["instance"]!.AsArray();
        var annotations = Read("coco/annotations.json")["annotations"]!.AsArray().Where(static item => item!["image_id"]!.GetValue<int>() == 1).ToList();

        Assert.NotEmpty(found);
        Assert.Equal(found.Count, annotations.Count);
        Assert.All(found.Zip(annotations), static pair =>
        {
            Assert.Equal(pair.First!["category_id"]!.GetValue<int>(), pair.Second!["category_id"]!.GetValue<int>());
            Assert.Equal("MultiPolygon", pair.First["polygon"]!["type"]!.GetValue<string>());
            Assert.Equal(pair.First["area"]!.GetValue<int>(), Mask(pair.Second["segmentation"]!).Area());
        });
    }

    [Fact]
    public async Task ImageIds_OfAFile_AreTaken()
    {
        TestImages.WriteMany(_folder["in"], 2);
        _folder.Write("ids.json", """{"images": [{"id": "scene-b", "file_name": "001.png"}, {"id": 77, "file_name": "000.png"}]}""");
        (await SegmentAsync("in", "--format", "coco-panoptic", "--image-ids", _folder["ids.json"])).Exits(0);

        Assert.Equal(["77", "\"scene-b\""], Read("coco-panoptic.json")["annotations"]!.AsArray().Select(static item => item!["image_id"]!.ToJsonString()));
        TestImages.Write(_folder["in/new.png"]);
        (await SegmentAsync("in", "--format", "coco-panoptic", "--image-ids", _folder["ids.json"])).Exits(2).Names("--image-ids|lacks 1 of 3|new.png");
        Assert.False(File.Exists(_folder["out/coco-panoptic/new.png"])); // before anything is segmented
    }

    [Fact]
    public async Task Dataset_MoreImagesLater_IsPutTogetherAnew()
    {
        TestImages.WriteMany(_folder["in"], 2);
        File.WriteAllText(_folder["in/broken.png"], "no picture");
        var first = (await SegmentAsync("in", "--format", "coco-panoptic", "--json")).Exits(2).Json;
        Assert.Equal([_folder["out/coco-panoptic.json"]], first["files"]!.AsArray().Select(static file => file!.GetValue<string>()));
        Assert.Equal(2, Read("coco-panoptic.json")["annotations"]!.AsArray().Count);
        var written = File.GetLastWriteTimeUtc(_folder["out/coco-panoptic/000.png"]);

        TestImages.Write(_folder["in/broken.png"], 3);
        TestImages.Write(_folder["in/later.png"], 4);
        var second = (await SegmentAsync("in", "--format", "coco-panoptic", "--json")).Exits(0).Json;

        Assert.Equal((2, 2), (second["segmented"]!.GetValue<int>(), second["already_there"]!.GetValue<int>()));
        Assert.Equal(4, Read("coco-panoptic.json")["annotations"]!.AsArray().Count);
        Assert.Equal(written, File.GetLastWriteTimeUtc(_folder["out/coco-panoptic/000.png"]));
        Assert.DoesNotContain(_folder.Files("out"), static name => name.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dataset_OfShards_IsWholeAfterTheLast()
    {
        TestImages.WriteMany(_folder["in"], 3);
        (await SegmentAsync("in", "--format", "coco-panoptic", "--shard", "2/2")).Exits(0);
        Assert.Single(Read("coco-panoptic.json")["images"]!.AsArray());
        (await SegmentAsync("in", "--format", "coco-panoptic", "--shard", "1/2")).Exits(0);
        Assert.Equal(3, Read("coco-panoptic.json")["images"]!.AsArray().Count);
    }

    [Fact]
    public async Task LabelStudio_Brushes_UnpackToTheMasks()
    {
        TestImages.WriteMany(_folder["in"], 2);
        TestImages.Write(_folder["in/sub/a b.png"], 4, 50, 40);
        (await SegmentAsync("in", "--format", "json,labelstudio")).Exits(0);
        var tasks = JsonNode.Parse(File.ReadAllText(_folder["out/labelstudio/tasks.json"]))!.AsArray();

        Assert.Equal(
            ["/data/local-files/?d=000.png", "/data/local-files/?d=001.png", "/data/local-files/?d=sub/a%20b.png"],
            tasks.Select(static task => task!["data"]!["image"]!.GetValue<string>()));
        var segments = Read("sub/a b.json")["panoptic"]!["segments_info"]!.AsArray();
        var regions = tasks[2]!["predictions"]![0]!["result"]!.AsArray();
        Assert.NotEmpty(segments);
        Assert.Equal(segments.Count, regions.Count);
        Assert.All(segments.Zip(regions), static pair =>
        {
            var expected = new byte[50 * 40];
            Mask(pair.First!["segmentation"]!).Decode(expected);
            var value = pair.Second!["value"]!;
            Assert.Equal(expected.SelectMany(static pixel => Enumerable.Repeat(pixel == 0 ? 0 : 255, 4)), Unpack(value["rle"]!.AsArray()));
            Assert.Equal(pair.First["category"]!.GetValue<string>(), value["brushlabels"]![0]!.GetValue<string>());
            Assert.Equal((50, 40), (pair.Second["original_width"]!.GetValue<int>(), pair.Second["original_height"]!.GetValue<int>()));
        });
        var labels = XElement.Load(_folder["out/labelstudio/config.xml"]).Element("BrushLabels")!.Elements("Label").Select(static label => label.Attribute("value")!.Value).ToList();
        Assert.All(regions, region => Assert.Contains(region!["value"]!["brushlabels"]![0]!.GetValue<string>(), labels));
    }

    [Fact]
    public async Task Yolo_Outlines_EncloseTheMasks()
    {
        TestImages.Write(_folder["in/sub/photo.png"], 3, 400, 300);
        (await SegmentAsync("in", "--task", "instance", "--score-threshold", "0.01", "--format", "json,yolo")).Exits(0);
        var instances = Read("sub/photo.json")["instance"]!.AsArray();
        var lines = File.ReadAllLines(_folder["out/yolo/labels/sub/photo.txt"]);

        Assert.NotEmpty(lines);
        Assert.Equal(instances.Count, lines.Length);
        Assert.All(instances.Zip(lines), static pair =>
        {
            var words = pair.Second.Split(' ');
            var numbers = words.Skip(1).Select(static word => double.Parse(word, CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(pair.First!["category_id"]!.GetValue<int>(), int.Parse(words[0], CultureInfo.InvariantCulture));
            Assert.True(numbers.Count >= 6 && numbers.Count % 2 == 0);
            Assert.All(numbers, static number => Assert.InRange(number, 0, 1));
            var area = pair.First["area"]!.GetValue<int>();
            Assert.InRange(Area(numbers) * 400 * 300, (0.99 * area) - 0.5, (1.01 * area) + 0.5); // six digits of a fraction
        });
        Assert.Contains("names:\n  0: \"", File.ReadAllText(_folder["out/yolo/data.yaml"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Yolo_NamesThatDifferInTheExtension_AreRefused()
    {
        TestImages.Write(_folder["in/a.png"]);
        TestImages.Write(_folder["in/a.jpg"]);
        (await SegmentAsync("in", "--task", "instance", "--format", "yolo")).Exits(2).Names("--format yolo|extension|a.jpg");
        Assert.Empty(_folder.Files("out")); // before anything is segmented
    }

    [Fact]
    public async Task Detector_Boxes_AreInAllThreeFormats()
    {
        TinyDetector.CompileTo(_folder["detector"]);
        TestImages.WriteMany(_folder["in"], 2);
        (await EcoM2FProgram.RunAsync("segment", _folder["in"], "-o", _folder["out"], "--model", _folder["detector"], "--score-threshold", "0.05", "--format", "json,coco,labelstudio,yolo")).Exits(0);
        var boxes = Read("000.json")["detection"]!.AsArray();
        Assert.NotEmpty(boxes);

        var score = (await EcoM2FProgram.RunAsync("score", "detection", "--gt", _folder["out/coco/annotations.json"], "--pred", _folder["out/coco/results.json"], "--json")).Exits(0).Json;
        Assert.Equal(1.0, score["AP50"]!.GetValue<double>(), 1e-9);
        var lines = File.ReadAllLines(_folder["out/yolo/labels/000.txt"]);
        Assert.Equal(boxes.Count, lines.Length);
        var rectangles = JsonNode.Parse(File.ReadAllText(_folder["out/labelstudio/tasks.json"]))![0]!["predictions"]![0]!["result"]!.AsArray();
        Assert.All(boxes.Zip(lines, rectangles), static item =>
        {
            var box = item.First!["bbox"]!.AsArray().Select(static value => value!.GetValue<double>()).ToArray();
            var words = item.Second.Split(' ').Select(static word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal([(box[0] + (box[2] / 2)) / 96, (box[1] + (box[3] / 2)) / 64, box[2] / 96, box[3] / 64], words[1..], Near);
            var value = item.Third!["value"]!;
            Assert.Equal([box[0] / 0.96, box[1] / 0.64], (double[])[value["x"]!.GetValue<double>(), value["y"]!.GetValue<double>()], Near);
        });
        Assert.NotNull(XElement.Load(_folder["out/labelstudio/config.xml"]).Element("RectangleLabels"));

        static bool Near(double one, double other) => Math.Abs(one - other) < 1e-3;
    }

    [Theory]
    [InlineData("--format coco|instance or detection|panoptic", "--format", "coco")]
    [InlineData("--format yolo|instance or detection|semantic", "--format", "yolo", "--task", "semantic")]
    [InlineData("--format coco-panoptic|panoptic|instance", "--format", "coco-panoptic", "--task", "instance")]
    [InlineData("--format labelstudio|exactly one task|panoptic,instance", "--format", "labelstudio", "--task", "panoptic,instance")]
    [InlineData("--image-ids|coco and coco-panoptic|json", "--format", "json", "--image-ids", "x.json")]
    [InlineData("--image-ids|no file|x.json", "--format", "coco-panoptic", "--image-ids", "/nowhere/x.json")]
    [InlineData("--segmentation polygon|--format json|coco-panoptic", "--format", "coco-panoptic", "--segmentation", "polygon")]
    [InlineData("--tolerance|segmentation=polygon", "--tolerance", "2")]
    [InlineData("--min-area|0 to 100000000", "--min-area", "-3")]
    [InlineData("--confidence|--format png|json", "--format", "json", "--confidence")]
    [InlineData("confidence|panoptic, semantic", "--task", "instance", "--confidence")]
    [InlineData("--mask-size|16 to 100000000", "--mask-size", "8")]
    [InlineData("--mask-size|--format json and png|coco has the size of the image|--mask-size original", "--format", "json,coco", "--task", "instance", "--mask-size", "48")]
    [InlineData("--mask-size|yolo has the size of the image", "--format", "yolo", "--task", "instance", "--mask-size", "model")]
    [InlineData("--mask-size|overlay has the size of the image", "--format", "json,overlay", "--mask-size", "48")]
    public async Task WhatDoesNotFit_NamesWhatIsAllowed(string fragments, params string[] options)
    {
        TestImages.WriteMany(_folder["in"], 1);
        (await SegmentAsync("in", options)).Exits(2).Names(fragments);
    }

    private static CocoRle Mask(JsonNode segmentation) =>
        new(segmentation["size"]![0]!.GetValue<int>(), segmentation["size"]![1]!.GetValue<int>(), segmentation["counts"]!.GetValue<string>());

    /// <summary>Twice the area inside a closed line, halved: cuts that are gone along twice have none.</summary>
    private static double Area(List<double> points)
    {
        var sum = 0.0;
        for (var i = 0; i < points.Count; i += 2)
        {
            var next = (i + 2) % points.Count;
            sum += (points[i] * points[next + 1]) - (points[next] * points[i + 1]);
        }

        return sum / 2;
    }

    /// <summary>As the format of rle-pack is described: the length, the bits of a value, four sizes of runs; then runs, or values one by one.</summary>
    private static List<int> Unpack(JsonArray packed)
    {
        var bits = packed.SelectMany(static value => Convert.ToString(value!.GetValue<int>(), 2).PadLeft(8, '0')).ToArray();
        var at = 0;
        int Next(int count)
        {
            at += count;
            return Convert.ToInt32(new string(bits, at - count, count), 2);
        }

        var length = Next(32);
        var valueBits = Next(5) + 1;
        int[] sizes = [Next(4) + 1, Next(4) + 1, Next(4) + 1, Next(4) + 1];
        var values = new List<int>();
        while (values.Count < length)
        {
            var isRun = Next(1) == 1;
            var run = Next(sizes[Next(2)]) + 1;
            if (isRun)
            {
                values.AddRange(Enumerable.Repeat(Next(valueBits), run));
            }
            else
            {
                for (var i = 0; i < run; i++)
                {
                    values.Add(Next(valueBits));
                }
            }
        }

        return values;
    }

    private JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(_folder[$"out/{file}"]))!;

    private Task<ProgramRun> SegmentAsync(string input, params string[] options) =>
        EcoM2FProgram.RunAsync(["segment", _folder[input], "-o", _folder["out"], "--model", tiny.Model, .. options]);

    private Task<ProgramRun> ScoreAsync(string task, string prediction) =>
        EcoM2FProgram.RunAsync("score", task, "--gt", _folder["set/truth.json"], "--pred", _folder[$"out/{prediction}"], "--json");
}
