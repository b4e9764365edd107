using EcoM2F.Cli.Output;
using EcoM2F.Compiler;
using EcoM2F.Compiler.Quantization;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Quantization;

namespace EcoM2F.Cli.Quantize;

/// <summary>Writes a draft with some layers on 8 bits and measures its loss, where no earlier run did.</summary>
/// <param name="judge">Gives the judge; called before the first measurement.</param>
internal sealed class QuantizeTrial(Int8Draft draft, Func<Task<PrecisionJudge>> judge, QuantizeJournal journal, Report report, CancellationToken cancellationToken)
{
    private readonly Dictionary<string, QuantizableLayer> _layers = draft.Layers.ToDictionary(static layer => layer.Name, StringComparer.Ordinal);

    private PrecisionJudge? _judge;

    /// <inheritdoc cref="QuantizeRun.Measured"/>
    public Action? Measured { get; init; }

    /// <summary>What the last trial found.</summary>
    public PrecisionAgreement? Last { get; private set; }

    /// <summary>In points of agreement.</summary>
    /// <param name="layers">Names.</param>
    public async Task<double> LossAsync(IReadOnlyList<string> layers)
    {
        draft.Write([.. layers.Select(name => _layers[name])]);
        Last = journal.Find(layers) ?? await MeasureAsync(layers);
        report.Note(FormattableString.Invariant($"{Describe(layers)} on 8 bits: loss {Last.Loss:0.00}"));
        return Last.Loss;
    }

    private async Task<PrecisionAgreement> MeasureAsync(IReadOnlyList<string> layers)
    {
        _judge ??= await judge();
        using var engine = ExitsEngine.Open(draft.Folder, ExecutionTarget.CpuProvider, cancellationToken, GraphPrecisions.EightBits);
        var agreement = await _judge.JudgeAsync(engine, cancellationToken);
        journal.Add(layers, agreement);
        Measured?.Invoke();
        return agreement;
    }

    public IReadOnlyCollection<QuantizableLayer> LayersOf(IReadOnlyList<SearchPart> parts) => [.. parts.SelectMany(static part => part.Layers).Select(name => _layers[name])];

    /// <summary>The one stage that a part is of.</summary>
    public string StageOf(SearchPart part) => _layers[part.Layers[0]].Stage;

    private string Describe(IReadOnlyList<string> layers)
    {
        var groups = layers.GroupBy(name => _layers[name].Group).Select(static group => $"{group.Count()} of {group.Key}").ToList();
        return string.Join(", ", groups);
    }
}
