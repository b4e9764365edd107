using System.Globalization;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Verification;

/// <summary>
/// What a model's graphs give for one input, by the names that files of expected values use: <c>pooled</c>, <c>gate.PROFILE</c>,
/// <c>exit.K.encoder</c>; of masks <c>exit.K.mask_features</c>, <c>exit.K.class_queries_logits</c>,
/// <c>exit.K.masks_queries_logits</c>; of boxes <c>exit.K.logits</c>, <c>exit.K.pred_boxes</c>; with a decoder cut after D layers
/// <c>exit.K.decoder.D.class_queries_logits</c>, <c>exit.K.decoder.D.masks_queries_logits</c>.
/// Stem and encoders run once; the rest as it is asked for.
/// </summary>
internal sealed class GraphOutputs : IDisposable
{
    private readonly ModelSessions _sessions;
    private readonly ModelManifest _manifest;
    private readonly RunOptions _runOptions = new();
    private readonly StemOutputs _stem;
    private readonly Dictionary<int, OrtValue> _encoders = [];
    private readonly Dictionary<(int Exit, int? Decoder), DecoderOutputs> _decoders = [];

    /// <param name="pixels">[B, 3, H, W].</param>
    public GraphOutputs(ModelSessions sessions, ModelManifest manifest, float[] pixels, long[] shape)
    {
        (_sessions, _manifest) = (sessions, manifest);
        using var tensor = OrtValue.CreateTensorValueFromMemory(pixels, shape);
        _stem = sessions.RunStem(tensor, _runOptions);
    }

    /// <returns>Null for a name that no graph of this model gives.</returns>
    public ExpectedTensor? Get(string name)
    {
        if (name == GraphTensors.Pooled)
        {
            return Copy(_stem.Pooled);
        }

        var parts = name.Split('.');
        return parts switch
        {
            ["gate", var profile] when _manifest.Gates?.Profiles.ContainsKey(profile) == true => Gate(profile),
            ["exit", var exit, var output] when ParseExit(exit) is { } depth => AtExit(depth, output),
            ["exit", var exit, "decoder", var layers, var output] when ParseExit(exit) is { } depth && ParseDecoderExit(layers) is { } cut => AtDecoderExit(depth, cut, output),
            _ => null,
        };
    }

    public void Dispose()
    {
        foreach (var encoder in _encoders.Values)
        {
            encoder.Dispose();
        }

        foreach (var decoder in _decoders.Values)
        {
            decoder.Dispose();
        }

        _stem.Dispose();
        _runOptions.Dispose();
    }

    private int? ParseExit(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var exit) && _manifest.Exits.Contains(exit) ? exit : null;

    private int? ParseDecoderExit(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var exit) && _manifest.DecoderExits?.Contains(exit) == true ? exit : null;

    private ExpectedTensor Gate(string profile)
    {
        var scores = _sessions.RunGate(profile, _stem, _runOptions);
        var columns = _sessions.ColumnsOf(_manifest.Gates!.Profiles[profile]);
        return new ExpectedTensor([scores.Length / columns, columns], scores);
    }

    private ExpectedTensor? AtExit(int exit, string output)
    {
        var boxes = _manifest.Postprocessing.MakesBoxes;
        return output switch
        {
            GraphTensors.Encoder => Copy(Encoder(exit)),
            GraphTensors.MaskFeatures when _sessions.GivesMaskFeatures => MaskFeatures(exit),
            GraphTensors.ClassQueriesLogits when !boxes => Classes(Decoder(exit)),
            GraphTensors.MasksQueriesLogits when !boxes => Regions(Decoder(exit)),
            GraphTensors.Logits when boxes => Classes(Decoder(exit)),
            GraphTensors.PredBoxes when boxes => Regions(Decoder(exit)),
            _ => null,
        };
    }

    private ExpectedTensor? AtDecoderExit(int exit, int layers, string output) => output switch
    {
        GraphTensors.ClassQueriesLogits => Classes(Decoder(exit, layers)),
        GraphTensors.MasksQueriesLogits => Regions(Decoder(exit, layers)),
        _ => null,
    };

    private ExpectedTensor MaskFeatures(int exit)
    {
        using var features = _sessions.RunMaskFeatures(Encoder(exit), _stem, _runOptions);
        return Copy(features);
    }

    private static ExpectedTensor Classes(DecoderOutputs decoder) => new([decoder.Batch, decoder.Queries, decoder.Classes], decoder.ClassLogits.ToArray());

    private static ExpectedTensor Regions(DecoderOutputs decoder) => new(decoder.RegionShape, decoder.Regions.ToArray());

    private OrtValue Encoder(int exit)
    {
        if (!_encoders.TryGetValue(exit, out var value))
        {
            value = _sessions.RunEncoder(exit, _stem, _runOptions);
            _encoders.Add(exit, value);
        }

        return value;
    }

    /// <param name="layers">Of the decoder; null: the whole.</param>
    private DecoderOutputs Decoder(int exit, int? layers = null)
    {
        if (!_decoders.TryGetValue((exit, layers), out var value))
        {
            value = _sessions.RunDecoder(Encoder(exit), _stem, layers, _runOptions);
            _decoders.Add((exit, layers), value);
        }

        return value;
    }

    /// <summary>A tensor of 32-bit floats, wherever it lies, on the host.</summary>
    internal static ExpectedTensor Copy(OrtValue value)
    {
        // Bound to the CPU these lie on the host; on a GPU the copy is ONNX Runtime's to make, through a host tensor.
        var shape = value.GetTensorTypeAndShape().Shape;
        using var info = value.GetTensorMemoryInfo();
        if (info.Name == "Cpu")
        {
            return new ExpectedTensor(shape, value.GetTensorDataAsSpan<float>().ToArray());
        }

        var host = new float[ElementCount(shape)];
        using var target = OrtValue.CreateTensorValueFromMemory(host, shape);
        OrtEnv.Instance().CopyTensors([value], [target], null);
        return new ExpectedTensor(shape, host);
    }

    private static long ElementCount(long[] shape) => shape.Aggregate(1L, static (product, dimension) => checked(product * dimension));
}

/// <summary>A tensor of 32-bit floats on the host.</summary>
internal sealed record ExpectedTensor(IReadOnlyList<long> Shape, float[] Values);
