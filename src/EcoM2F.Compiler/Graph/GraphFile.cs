using System.Globalization;
using EcoM2F.Compiler.Graph.Onnx;
using Google.Protobuf;

namespace EcoM2F.Compiler.Graph;

/// <summary>Writes built graphs: fills in where each weight lies in the weights file.</summary>
internal static class GraphFile
{
    /// <param name="weights">Tensors of other files keep the places that they have.</param>
    /// <param name="weightsFile">Name of the file of these weights.</param>
    public static void Write(ModelProto model, WeightStore weights, string path, string weightsFile = WeightStore.FileName)
    {
        foreach (var tensor in model.Graph.Initializer)
        {
            if (tensor.DataLocation == TensorProto.Types.DataLocation.External && weights.Contains(tensor.Name))
            {
                var entry = weights.Location(tensor.Name);
                tensor.ExternalData.Clear();
                Add(tensor, "location", weightsFile);
                Add(tensor, "offset", entry.Offset.ToString(CultureInfo.InvariantCulture));
                Add(tensor, "length", entry.Length.ToString(CultureInfo.InvariantCulture));
            }
        }

        using var stream = File.Create(path);
        model.WriteTo(stream);
    }

    public static ModelProto Read(string path)
    {
        using var stream = File.OpenRead(path);
        return ModelProto.Parser.ParseFrom(stream);
    }

    private static void Add(TensorProto tensor, string key, string value) =>
        tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
}
