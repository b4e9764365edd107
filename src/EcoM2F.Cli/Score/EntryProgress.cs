using System.Diagnostics;
using EcoM2F.Cli.Output;
using EcoM2F.Recipe.Datasets;

namespace EcoM2F.Cli.Score;

/// <summary>A line on stderr every few seconds.</summary>
internal sealed class EntryProgress(Report report, string what) : IProgress<DatasetProgress>
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next = Every;

    public void Report(DatasetProgress value)
    {
        if (_clock.Elapsed < _next)
        {
            return;
        }

        _next = _clock.Elapsed + Every;
        var rate = value.Done / _clock.Elapsed.TotalSeconds;
        report.Note(FormattableString.Invariant($"{what} {value.Done} of {value.Total}, {rate:0.0} a second, {TimeSpan.FromSeconds((value.Total - value.Done) / rate):h\\:mm\\:ss} left"));
    }
}
