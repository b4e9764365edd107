using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Backbones;

/// <summary>A network that turns the image into feature maps at strides 4, 8, 16 and 32.</summary>
internal interface IBackbone
{
    /// <summary>Channels of the maps, stride 4 first.</summary>
    IReadOnlyList<int> Channels { get; }

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="pixels">[B, 3, H, W], H and W multiples of 32.</param>
    /// <returns>Four maps, stride 4 first.</returns>
    IReadOnlyList<Value> Build(LayerBuilder b, Value pixels);
}
