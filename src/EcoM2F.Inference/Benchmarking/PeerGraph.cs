using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>
/// Somebody else's ONNX graph of a whole model, to measure beside ours: on the same arena, with as many threads and the same optimisations. It
/// runs as ONNX Runtime runs it by default where that differs: its input sizes never change, so it plans its memory, which our sessions may
/// not; and it computes denormal floats, unless told otherwise.
/// </summary>
public sealed class PeerGraph : IDisposable
{
    private const string Input = GraphTensors.PixelValues;

    private readonly InferenceSession _session;
    private readonly string _path;

    private PeerGraph(string path, InferenceSession session, bool denormalsAreZero) => (_path, _session, DenormalsAreZero) = (path, session, denormalsAreZero);

    /// <summary>Whether floats nearer to 0 than 1.2e-38 count as 0.</summary>
    public bool DenormalsAreZero { get; }

    /// <summary>Name of the file.</summary>
    public string File => Path.GetFileName(_path);

    /// <summary>Height and width that the graph's input is fixed to; null where they are symbolic.</summary>
    public int? Height => Fixed(2);

    /// <inheritdoc cref="Height"/>
    public int? Width => Fixed(3);

    /// <summary>Only after <see cref="OrtRuntime.Initialize"/>.</summary>
    /// <param name="denormalsAreZero">Whether floats nearer to 0 than 1.2e-38 count as 0, as in our sessions; by itself ONNX Runtime computes them.</param>
    /// <exception cref="ModelLoadException">It does not load, or wants something other than one image of pixels.</exception>
    public static PeerGraph Open(string path, bool denormalsAreZero)
    {
        if (!System.IO.File.Exists(path))
        {
            throw new ModelLoadException($"{path} does not exist.");
        }

        using var options = ExecutionTarget.Cpu.CreatePeerOptions(denormalsAreZero);
        using var mode = DenormalFloats.Keep(); // the first session of a process sets the thread that opens it
        try
        {
            var peer = new PeerGraph(path, new InferenceSession(path, options), denormalsAreZero);
            if (peer.FindUnfit() is { } unfit)
            {
                peer.Dispose();
                throw new ModelLoadException($"{path}: {unfit}");
            }

            return peer;
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelLoadException($"{path}: ONNX Runtime cannot load it: {exception.Message}", exception);
        }
    }

    /// <exception cref="ModelLoadException">The graph is made for another size; names both.</exception>
    public void RequireSize(int height, int width)
    {
        if ((Height ?? height) != height || (Width ?? width) != width)
        {
            throw new ModelLoadException($"{_path}: {Input} is fixed to {Height} x {Width}; {height} x {width} was asked for.");
        }
    }

    /// <param name="pixels">[1, 3, H, W].</param>
    internal void Run(OrtValue pixels, RunOptions options)
    {
        using var mode = DenormalsAreZero ? DenormalFloats.CountAsZero() : default;
        using var outputs = _session.Run(options, [Input], [pixels], [.. _session.OutputNames]);
    }

    public void Dispose() => _session.Dispose();

    private string? FindUnfit()
    {
        if (!_session.InputMetadata.TryGetValue(Input, out var input) || _session.InputMetadata.Count != 1)
        {
            return $"its inputs are {string.Join(", ", _session.InputNames)}; a peer takes {Input} and nothing else.";
        }

        var shape = input.Dimensions;
        return input.ElementDataType == TensorElementType.Float && shape is [-1 or 1, -1 or 3, not 0, not 0]
            ? null
            : $"{Input} is {input.ElementDataType} [{string.Join(", ", shape)}]; a peer takes Float [1, 3, H, W].";
    }

    private int? Fixed(int axis) => _session.InputMetadata[Input].Dimensions[axis] is > 0 and var size ? size : null;
}
