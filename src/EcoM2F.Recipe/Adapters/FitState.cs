using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Adapters;

/// <summary>How far a fit has come; a file of it lets the next run go on from there.</summary>
internal sealed class FitState
{
    private const string KeyName = "fit";
    private const string ProgressName = "progress";

    /// <summary>Photographs that are in the sums: those held out first.</summary>
    public int Done { get; set; }

    /// <summary>Null before the first photograph.</summary>
    public ExitSums? HeldOut { get; set; }

    /// <inheritdoc cref="HeldOut"/>
    public ExitSums? Fit { get; set; }

    public List<FitCurvePoint> Curve { get; } = [];

    /// <summary>What the model took, and what adding to the sums took, in milliseconds.</summary>
    public (double Model, double Sums) Milliseconds { get; set; }

    /// <summary>Writes a file that is there whole or not at all.</summary>
    /// <param name="key">What identifies the run.</param>
    public void Save(string path, string key)
    {
        var progress = new FitProgressJson(Done, [.. Curve], Milliseconds.Model, Milliseconds.Sums);
        var writer = new SafetensorsWriter
        {
            Metadata = { [KeyName] = key, [ProgressName] = JsonSerializer.Serialize(progress, FitProgressContext.Default.FitProgressJson) },
        };
        Add(writer, "held_out", HeldOut);
        Add(writer, "fit", Fit);
        writer.Write(path);
    }

    /// <param name="key">What identifies the run.</param>
    /// <param name="exits">All of the model's.</param>
    /// <returns>A new state where the file is not there, of another run, or not whole.</returns>
    public static FitState Load(string path, string key, IReadOnlyList<int> exits)
    {
        if (!File.Exists(path))
        {
            return new FitState();
        }

        try
        {
            using var file = SafetensorsFile.Open(path);
            return file.Metadata.GetValueOrDefault(KeyName) == key ? Read(file, exits) : new FitState();
        }
        catch (SafetensorsException)
        {
            return new FitState();
        }
    }

    private static FitState Read(SafetensorsFile file, IReadOnlyList<int> exits)
    {
        var progress = JsonSerializer.Deserialize(file.Metadata[ProgressName], FitProgressContext.Default.FitProgressJson)!;
        var state = new FitState
        {
            Done = progress.Done,
            HeldOut = Read(file, "held_out", exits),
            Fit = Read(file, "fit", exits),
            Milliseconds = (progress.ModelMilliseconds, progress.SumMilliseconds),
        };
        state.Curve.AddRange(progress.Curve);
        return state;
    }

    private static void Add(SafetensorsWriter writer, string part, ExitSums? sums)
    {
        for (var exit = 0; exit < sums?.Exits.Count; exit++)
        {
            for (var level = 0; level < sums.Levels; level++)
            {
                var moments = sums.Moments[exit][level];
                foreach (var (name, values) in Arrays(moments))
                {
                    writer.Add(Name(part, exit, level, name), TensorType.F64, MemoryMarshal.AsBytes<double>(values).ToArray(), values.Length);
                }

                writer.Add(Name(part, exit, level, "count"), TensorType.F64, BitConverter.GetBytes(moments.Count), 1);
            }
        }
    }

    private static ExitSums Read(SafetensorsFile file, string part, IReadOnlyList<int> exits)
    {
        var levels = file.Tensors.Count(tensor => tensor.Name.StartsWith($"{part}.0.", StringComparison.Ordinal) && tensor.Name.EndsWith(".count", StringComparison.Ordinal));
        var width = (int)file[Name(part, 0, 0, "x")].Shape[0];
        var sums = ExitSums.Empty(exits, levels, width);
        for (var exit = 0; exit < sums.Exits.Count; exit++)
        {
            for (var level = 0; level < levels; level++)
            {
                var moments = sums.Moments[exit][level];
                foreach (var (name, values) in Arrays(moments))
                {
                    MemoryMarshal.Cast<byte, double>(file.Bytes(Name(part, exit, level, name))).CopyTo(values);
                }

                moments.Count = BitConverter.ToDouble(file.Bytes(Name(part, exit, level, "count")));
            }
        }

        return sums;
    }

    private static (string Name, double[] Values)[] Arrays(Moments moments) =>
        [("x", moments.X), ("y", moments.Y), ("xx", moments.XX), ("xy", moments.XY), ("yy", moments.YY)];

    private static string Name(string part, int exit, int level, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{part}.{exit}.{level}.{what}");
}

/// <summary>The part of a state that is no tensor.</summary>
internal sealed record FitProgressJson(int Done, IReadOnlyList<FitCurvePoint> Curve, double ModelMilliseconds, double SumMilliseconds);

[JsonSerializable(typeof(FitProgressJson))]
internal sealed partial class FitProgressContext : JsonSerializerContext;
