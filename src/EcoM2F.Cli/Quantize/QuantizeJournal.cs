using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Files;
using EcoM2F.Recipe.Quantization;

namespace EcoM2F.Cli.Quantize;

/// <summary>
/// What a run of <c>quantize</c> has measured so far, in a file that is there until the run has ended: the same command, given again after a
/// kill, measures only what is missing. It belongs to one process at a time, from <see cref="Open"/> until it is disposed.
/// </summary>
internal sealed class QuantizeJournal : IDisposable
{
    private readonly string _path;
    private readonly FileStream _lock;
    private JournalJson _content = new("", []);

    private QuantizeJournal(string path, FileStream mutex) => (_path, _lock) = (path, mutex);

    /// <param name="path">Of the file, which need not be there.</param>
    /// <exception cref="CliException">Another process has it open, or its folder cannot be written.</exception>
    public static QuantizeJournal Open(string path)
    {
        try
        {
            return new QuantizeJournal(path, StatePath.Lock(path + ".lock", path));
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException($"{Path.GetDirectoryName(path)} cannot be written; what is measured is kept there until the command is done.");
        }
    }

    /// <summary>Takes over what an earlier run left. Measurements of another key stay on disk until the first of this one is added.</summary>
    /// <param name="key">What identifies model and photographs.</param>
    /// <returns>How many measurements that is; null where those that are there are of another key.</returns>
    public int? Read(string key)
    {
        var left = ReadFile();
        _content = left?.Key == key ? left : new JournalJson(key, []);
        return left is null || left.Key == key ? _content.Trials.Count : null;
    }

    /// <param name="layers">Names of those on 8 bits, in any order.</param>
    public PrecisionAgreement? Find(IReadOnlyList<string> layers) =>
        _content.Trials.TryGetValue(NameOf(layers), out var trial) ? new PrecisionAgreement(trial.Fp32, trial.Int8) : null;

    /// <summary>Keeps a measurement on disk.</summary>
    public void Add(IReadOnlyList<string> layers, PrecisionAgreement agreement)
    {
        _content.Trials[NameOf(layers)] = new TrialJson([.. agreement.Fp32], [.. agreement.Other]);
        AtomicFile.Write(_path, _path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(_content, JournalContext.Default.JournalJson));
    }

    /// <summary>Removes the file: the run has ended.</summary>
    public void Forget() => File.Delete(_path);

    public void Dispose() => _lock.Dispose();

    private static string NameOf(IEnumerable<string> layers) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', layers.Order(StringComparer.Ordinal)))));

    private JournalJson? ReadFile()
    {
        try
        {
            return File.Exists(_path) ? JsonSerializer.Deserialize(File.ReadAllBytes(_path), JournalContext.Default.JournalJson) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Trials">By the hash of the layers' names.</param>
internal sealed record JournalJson(string Key, Dictionary<string, TrialJson> Trials);

/// <summary>Agreement by exit, fractions.</summary>
internal sealed record TrialJson(double[] Fp32, double[] Int8);

[JsonSerializable(typeof(JournalJson))]
internal sealed partial class JournalContext : JsonSerializerContext;
