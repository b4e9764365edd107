using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Models;

public sealed class GraphSelectionTests
{
    [Fact]
    public void Select_Fused_TakesItWhereThereIsOneAndPortableElsewhere()
    {
        var files = GraphSelection.Select(Create(), GraphFlavours.Fused, allExitsGraph: false).Select(static graph => graph.File);

        Assert.Equal(["stem.onnx", "decoder.onnx", "encoder-1.fused.onnx", "encoder-2.onnx", "encoder-3.onnx", "encoder-4.onnx", "encoder-5.onnx", "encoder-6.onnx"], files);
    }

    [Fact]
    public void Select_Portable_TakesNoOther()
    {
        var selected = GraphSelection.Select(Create(), GraphFlavours.Portable, allExitsGraph: true);

        Assert.Equal(9, selected.Count);
        Assert.All(selected, static graph => Assert.Equal(GraphFlavours.Portable, graph.Flavour));
    }

    [Fact]
    public void Select_OtherPrecisions_AreNotTaken()
    {
        var manifest = Create() with { Graphs = [new GraphEntry("stem", "fused", "fp16", "stem.fp16.onnx"), .. Create().Graphs] };

        Assert.Equal("stem.onnx", GraphSelection.Select(manifest, GraphFlavours.Fused, allExitsGraph: false)[0].File);
    }

    [Fact]
    public void Select_Fp16_TakesItsPortableGraphsOrSaysHowToGetThem()
    {
        var selected = GraphSelection.Select(WithHalf(), GraphFlavours.Fused, allExitsGraph: true, GraphPrecisions.Fp16);

        Assert.Equal(9, selected.Count);
        Assert.All(selected, static graph => Assert.EndsWith(".fp16.onnx", graph.File));
        var error = Assert.Throws<ModelLoadException>(() => GraphSelection.Select(Create(), GraphFlavours.Portable, allExitsGraph: false, GraphPrecisions.Fp16));
        Assert.All((string[])["no fp16 graphs", "it has fp32", "--precision fp16"], fragment => Assert.Contains(fragment, error.Message, StringComparison.Ordinal));
    }

    /// <summary>A precision that was made by measurement has the stages that gain; the others are those of fp32.</summary>
    [Fact]
    public void Select_Int8OfOneStage_TakesFp32ForTheOthers()
    {
        var manifest = Create();
        var int8 = new GraphEntry(GraphStages.Stem, GraphFlavours.Portable, GraphPrecisions.EightBits, "stem.int8.onnx");
        var sut = manifest with
        {
            Graphs = [.. manifest.Graphs, int8],
            Precisions = new Dictionary<string, PrecisionRecord> { [GraphPrecisions.EightBits] = new("int8.bin", new PrecisionTolerance(1, new Dictionary<string, double>())) },
        };

        var selected = GraphSelection.Select(sut, GraphFlavours.Fused, allExitsGraph: true, GraphPrecisions.EightBits);

        Assert.Equal([int8, .. GraphSelection.Select(manifest, GraphFlavours.Fused, allExitsGraph: true).Skip(1)], selected);
        Assert.Equal([GraphPrecisions.Fp32, GraphPrecisions.EightBits], sut.RunnablePrecisions);
        var error = Assert.Throws<ModelLoadException>(() => GraphSelection.Select(manifest, GraphFlavours.Fused, allExitsGraph: true, GraphPrecisions.EightBits));
        Assert.Contains("ecom2f quantize", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FastestPrecision_IsFp16OnlyOnAGpuAndWhereEveryStageHasIt()
    {
        Assert.Equal(GraphPrecisions.Fp16, GraphSelection.FastestPrecision(WithHalf(), gpu: true));
        Assert.Equal(GraphPrecisions.Fp32, GraphSelection.FastestPrecision(WithHalf(), gpu: false));
        Assert.Equal(GraphPrecisions.Fp32, GraphSelection.FastestPrecision(Create(), gpu: true));
        var partial = WithHalf() with { Graphs = [.. WithHalf().Graphs.Where(static graph => graph.File != "decoder.fp16.onnx")] };
        Assert.Equal(GraphPrecisions.Fp32, GraphSelection.FastestPrecision(partial, gpu: true));
    }

    [Fact]
    public void Select_PortableOfFusedOnly_SaysHowToGetIt()
    {
        var manifest = Create();
        var sut = manifest with { Graphs = [.. manifest.Graphs.Where(static graph => graph.File != "encoder-1.onnx")] };

        Assert.Equal(8, GraphSelection.Select(sut, GraphFlavours.Fused, allExitsGraph: false).Count);
        var error = Assert.Throws<ModelLoadException>(() => GraphSelection.Select(sut, GraphFlavours.Portable, allExitsGraph: false));
        Assert.All((string[])["portable", "stage encoder, exit 1", "--flavour both"], fragment => Assert.Contains(fragment, error.Message, StringComparison.Ordinal));
    }

    /// <summary>Every portable graph as fp16 too.</summary>
    private static ModelManifest WithHalf()
    {
        var manifest = Create();
        var half = manifest.Graphs.Where(static graph => graph.Flavour == GraphFlavours.Portable)
            .Select(static graph => graph with { Precision = GraphPrecisions.Fp16, File = Path.ChangeExtension(graph.File, ".fp16.onnx") });
        return manifest with { Graphs = [.. manifest.Graphs, .. half] };
    }

    /// <summary>Six exits, the first of them fused as well.</summary>
    private static ModelManifest Create()
    {
        var manifest = TestManifest.Create();
        return manifest with { Graphs = [.. manifest.Graphs, new GraphEntry("encoder", "fused", "fp32", "encoder-1.fused.onnx", 1)] };
    }
}
