using EcoM2F.Compiler.Backbones;
using EcoM2F.Compiler.Backbones.MobileNetV2;
using EcoM2F.Compiler.Backbones.ResNet;
using EcoM2F.Compiler.Backbones.Swin;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Layers;
using EcoM2F.Compiler.Tests.Reference;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.TestSupport;

namespace EcoM2F.Compiler.Tests.Backbones;

/// <summary>A backbone alone as a graph: pixels in, four maps out.</summary>
internal sealed class BackboneModel : IDisposable
{
    public const string FileName = "backbone.onnx";

    private readonly TemporaryFolder _folder = new();
    private readonly ModelRunner _runner;

    private BackboneModel(Action<string> writeCheckpoint, IBackboneConfig config, string prefix)
    {
        writeCheckpoint(_folder.Path);
        Checkpoint = SafetensorsCheckpoint.Open(_folder.Path);
        var (reader, weights) = (new CheckpointReader(Checkpoint), new WeightStore());
        var g = new GraphBuilder("backbone", weights);
        var pixels = g.Input(GraphTensors.PixelValues, OnnxType.Float, "batch", "3", "height", "width");
        var backbone = config.Build(reader, prefix);
        var maps = backbone.Build(new LayerBuilder(g, reader), pixels);
        for (var i = 0; i < maps.Count; i++)
        {
            g.Output(maps[i], $"map{i}", OnnxType.Float, "batch", $"{backbone.Channels[i]}", $"height{i}", $"width{i}");
        }

        Graph = g.Build();
        weights.Write(_folder.Path);
        reader.CheckNothingLeft();
        GraphFile.Write(Graph, weights, _folder[FileName]);
        _runner = new ModelRunner(_folder.Path);
    }

    public string Folder => _folder.Path;

    public SafetensorsCheckpoint Checkpoint { get; }

    public ModelProto Graph { get; }

    public static BackboneModel Swin(SwinConfig config, int seed = 1) => new(
        folder => RandomBackbone.Write(folder, config, seed), config, RandomBackbone.Prefix);

    public static BackboneModel ResNet(ResNetConfig config, bool timm, int seed = 1) => new(
        folder => RandomBackbone.Write(folder, config, timm, seed), config, RandomBackbone.Prefix);

    /// <param name="identity">Whether the first block has an expansion too, one that changes nothing.</param>
    public static BackboneModel MobileNetV2(MobileNetV2Config config, bool identity, int seed = 1) => new(
        folder => RandomBackbone.WriteMobileNetV2(folder, identity, seed), config, RandomBackbone.Prefix);

    public NamedTensor[] Run(NamedTensor pixels)
    {
        var outputs = _runner.Run(FileName, new() { [GraphTensors.PixelValues] = pixels });
        return [.. Enumerable.Range(0, 4).Select(i => outputs[$"map{i}"])];
    }

    public static Array3 Image(NamedTensor pixels)
    {
        var image = new Array3((int)pixels.Shape[1], (int)pixels.Shape[2], (int)pixels.Shape[3]);
        pixels.Floats.Select(v => (double)v).ToArray().CopyTo(image.Values, 0);
        return image;
    }

    public void Dispose()
    {
        _runner.Dispose();
        Checkpoint.Dispose();
        _folder.Dispose();
    }
}
