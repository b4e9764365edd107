using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>The numbers themselves are tested where they are computed; here, that the program says them.</summary>
public sealed class ScoreCommandTests
{
    private const double Tolerance = 1e-6;

    [Fact]
    public async Task Score_Panoptic_SaysWhatPanopticApiSays()
    {
        var run = (await ScoreAsync("panoptic", "gt.json", "pred.json", "--json")).Exits(0);
        var expected = Expected("panoptic");
        Equal(expected["total"]!["All"]!, run.Json, "pq", "sq", "rq", "n");
        Equal(expected["total"]!["Things"]!, run.Json["things"]!, "pq", "sq", "rq", "n");
        Equal(expected["total"]!["Stuff"]!, run.Json["stuff"]!, "pq", "sq", "rq", "n");
        Assert.All(expected["total"]!["per_class"]!.AsObject(), item => Equal(item.Value!, run.Json["per_class"]![item.Key]!, "pq", "sq", "rq", "iou", "tp", "fp", "fn"));
        Assert.All(expected["per_image"]!.AsObject(), item => Equal(item.Value!["All"]!, run.Json["per_image"]![item.Key]!, "pq", "sq", "rq", "n"));
        Assert.All(expected["per_image"]!.AsObject(), item => Equal(item.Value!["Things"]!, run.Json["per_image"]![item.Key]!["things"]!, "pq", "n"));
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Score_Instance_SaysWhatPycocotoolsSays()
    {
        var run = (await ScoreAsync("instance", "gt.json", "pred.json", "--json")).Exits(0);
        var expected = Expected("instance");
        string[] numbers = [.. expected["segm"]!["stats"]!.AsObject().Select(static item => item.Key)];
        Assert.Equal(12, numbers.Length);
        Equal(expected["segm"]!["stats"]!, run.Json, numbers);
        Equal(expected["bbox"]!["stats"]!, run.Json["boxes"]!, numbers);
        Assert.All(expected["segm"]!["per_category"]!.AsObject(), item => Equal(expected["segm"]!["per_category"]!, run.Json["per_class"]!, item.Key));
    }

    [Fact]
    public async Task Score_Detection_SaysWhatPycocotoolsSays()
    {
        string[] files = ["--gt", Path.Combine(Folder("instance"), "gt.json"), "--pred", Path.Combine(Folder("instance"), "pred.json")];
        var run = (await EcoM2FProgram.RunAsync(["score", "detection", .. files, "--json"])).Exits(0);
        var expected = Expected("instance")["bbox"]!;
        Equal(expected["stats"]!, run.Json, "AP", "AP50", "ARl");
        Equal(expected["per_category"]!, run.Json["per_class"]!, "1");
        Assert.Equal(-1, run.Json["per_class"]!["11"]!.GetValue<double>()); // no object of this class
    }

    [Fact]
    public async Task Score_Semantic_SaysWhatNumpySays()
    {
        var run = (await ScoreAsync("semantic", "gt", "pred", "--json")).Exits(0);
        var expected = Expected("semantic");
        Equal(expected, run.Json, "miou", "pixel_accuracy");
        Assert.Equal(expected["iou"]!.AsArray().Count, run.Json["iou"]!.AsArray().Count);
        Assert.All(expected["iou"]!.AsArray(), (value, i) => Assert.Equal(value!.GetValue<double>(), run.Json["iou"]![i]!.GetValue<double>(), Tolerance));
    }

    [Theory]
    [InlineData("panoptic", "gt.json", "pred.json", "44.15", "person")]
    [InlineData("instance", "gt.json", "pred.json", "27.44", "36.13", "masks", "boxes", "person")]
    [InlineData("semantic", "gt", "pred", "30.71", "47.53")]
    public async Task Score_WithoutJson_ShowsTables(string task, string truth, string prediction, params string[] words)
    {
        var run = (await ScoreAsync(task, truth, prediction)).Exits(0);
        Assert.All(words, word => Assert.Contains(word, run.Out, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("TASK|'bogus'|panoptic, instance, detection, semantic", "bogus", "--gt", "a", "--pred", "b")]
    [InlineData("'--gt' is required", "panoptic", "--pred", "b")]
    [InlineData("--gt-folder|panoptic|instance", "instance", "--gt", "a", "--gt-folder", "c", "--pred", "b")]
    [InlineData("--pred-folder|panoptic|semantic", "semantic", "--gt", "a", "--pred", "b", "--pred-folder", "c")]
    [InlineData("no file|/nowhere/a.json|ground truth", "panoptic", "--gt", "/nowhere/a.json", "--pred", "b")]
    [InlineData("no folder|/nowhere/a|semantic", "semantic", "--gt", "/nowhere/a", "--pred", "b")]
    public async Task Score_WrongCommandLine_NamesWhatIsAllowed(string fragments, params string[] arguments)
    {
        var run = (await EcoM2FProgram.RunAsync(["score", .. arguments])).Exits(2).Names(fragments);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task Score_OtherFolder_NamesTheMissingPng()
    {
        var run = (await ScoreAsync("panoptic", "gt.json", "pred.json", "--pred-folder", Folder("semantic"), "--json")).Exits(2);
        Assert.Contains("There is no file", run.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("000000000285.png", run.Error, StringComparison.Ordinal);
    }

    private static string Folder(string task) => Path.Combine(RepositoryPaths.Fixtures, "metrics", task);

    private static JsonNode Expected(string task) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(task), "expected.json")))!;

    private static Task<ProgramRun> ScoreAsync(string task, string truth, string prediction, params string[] more) =>
        EcoM2FProgram.RunAsync(["score", task, "--gt", Path.Combine(Folder(task), truth), "--pred", Path.Combine(Folder(task), prediction), .. more]);

    private static void Equal(JsonNode expected, JsonNode actual, params string[] names) =>
        Assert.All(names, name => Assert.Equal(expected[name]!.GetValue<double>(), actual[name]!.GetValue<double>(), Tolerance));
}
