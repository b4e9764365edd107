using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Files;
using EcoM2F.Recipe.Quantization;

namespace EcoM2F.Cli.Quantize;

/// <summary>
/// What a run of <c>quantize</c> has measured so far, in a file that is there until the run has ended: the same command, given again after a
/// kill, measures only what is missing. Measurements of another model or of other photographs do not count.
/// </summary>
internal sealed class QuantizeJournal : IDisposable
{
    private readonly string _path;
    private readonly JournalJson _content;

    private QuantizeJournal(string path, JournalJson content) => (_path, _content) = (path, content);

    /// <summary>Measurements that an earlier run left.</summary>
    public int Count => _content.Trials.Count;

    /// <param name="path">Of the file, which need not be there.</param>
    /// <param name="key">What identifies model and photographs.</param>
    public static QuantizeJournal Open(string path, string key)
    {
        var left = File.Exists(path) ? Read(path) : null;
        var journal = new QuantizeJournal(path, left?.Key == key ? left : new JournalJson(key, []));
        journal.Save(); // or what cannot be written is known only after the work
        return journal;
    }

    /// <param name="layers">Names of those on 8 bits, in any order.</param>
    public PrecisionAgreement? Find(IReadOnlyList<string> layers) =>
        _content.Trials.TryGetValue(NameOf(layers), out var trial) ? new PrecisionAgreement(trial.Fp32, trial.Int8) : null;

    public void Add(IReadOnlyList<string> layers, PrecisionAgreement agreement)
    {
        _content.Trials[NameOf(layers)] = new TrialJson([.. agreement.Fp32], [.. agreement.Other]);
        Save();
    }

    /// <summary>Removes the file: the run has ended.</summary>
    public void Forget() => File.Delete(_path);

    /// <summary>Leaves the file where something was measured.</summary>
    public void Dispose()
    {
        if (Count == 0)
        {
            Forget();
        }
    }

    private static JournalJson? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalContext.Default.JournalJson);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string NameOf(IEnumerable<string> layers) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', layers.Order(StringComparer.Ordinal)))));

    private void Save() => AtomicFile.Write(_path, _path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(_content, JournalContext.Default.JournalJson));
}

/// <param name="Trials">By the hash of the layers' names.</param>
internal sealed record JournalJson(string Key, Dictionary<string, TrialJson> Trials);

/// <summary>Agreement by exit, fractions.</summary>
internal sealed record TrialJson(double[] Fp32, double[] Int8);

[JsonSerializable(typeof(JournalJson))]
internal sealed partial class JournalContext : JsonSerializerContext;
