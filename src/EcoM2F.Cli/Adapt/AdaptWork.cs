using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Files;

namespace EcoM2F.Cli.Adapt;

/// <summary>
/// The hidden folder beside the model to be, in which a run does all its work: the model, links to the photographs, the report, and a small file that
/// says which run this is, which of its steps are done and what they gave. It belongs to one process at a time.
/// </summary>
internal sealed class AdaptWork : IDisposable
{
    private const string StateName = "state.json";
    private const string ModelName = "model";

    private readonly FileStream _lock;
    private readonly JsonObject _state;

    private AdaptWork(string folder, FileStream mutex, JsonObject state) => (Folder, _lock, _state) = (folder, mutex, state);

    public string Folder { get; }

    public string Model => Path.Combine(Folder, ModelName);

    public string Training => Path.Combine(Folder, "photos");

    public string HeldOut => Path.Combine(Folder, "held-out");

    public string Report => Path.Combine(Folder, "report");

    public string Rows => Path.Combine(Report, "derived.jsonl");

    /// <summary>Number of the last step that is done.</summary>
    public int Done => _state["done"]!.GetValue<int>();

    /// <summary>What the steps that are done gave, by their numbers.</summary>
    public IReadOnlyDictionary<int, JsonArray> Results =>
        _state["results"]!.AsObject().ToDictionary(static step => int.Parse(step.Key, CultureInfo.InvariantCulture), static step => step.Value!.AsArray());

    public static string FolderOf(string output) => StatePath.Of(output, "adapt");

    /// <param name="run">As <see cref="AdaptOptions.Run"/> has it.</param>
    /// <exception cref="CliException">Another process works in the folder, or it is another run's.</exception>
    public static AdaptWork Open(string output, JsonObject run)
    {
        var folder = FolderOf(output);
        Directory.CreateDirectory(folder);
        var mutex = StatePath.Lock(Path.Combine(folder, ".lock"), folder);
        try
        {
            var state = Read(Path.Combine(folder, StateName)) ?? new JsonObject { ["run"] = run.DeepClone(), ["done"] = 0, ["results"] = new JsonObject() };
            RequireSame(folder, state["run"]!.AsObject(), run);
            var work = new AdaptWork(folder, mutex, state);
            work.Save();
            return work;
        }
        catch
        {
            mutex.Dispose();
            throw;
        }
    }

    /// <summary>Notes that a step is done.</summary>
    /// <param name="results">What it gave.</param>
    public void Complete(int step, JsonArray results)
    {
        _state["results"]![step.ToString(CultureInfo.InvariantCulture)] = results;
        _state["done"] = step;
        Save();
    }

    /// <summary>Removes what a run left that was killed after it had put its model in place.</summary>
    public static void RemoveFinished(string output)
    {
        var folder = FolderOf(output);
        if (File.Exists(Path.Combine(folder, StateName)) && !Directory.Exists(Path.Combine(folder, ModelName)) && Read(Path.Combine(folder, StateName))?["done"]?.GetValue<int>() > 1)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Removes the folder, when nothing in it is of use any more.</summary>
    public void Remove()
    {
        _lock.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    public void Dispose() => _lock.Dispose();

    private void Save()
    {
        var path = Path.Combine(Folder, StateName);
        AtomicFile.Write(path, path + ".tmp", Encoding.UTF8.GetBytes(_state.ToJsonString()));
    }

    private static void RequireSame(string folder, JsonObject before, JsonObject now)
    {
        foreach (var (name, value) in now)
        {
            var (old, given) = (before[name]?.ToString() ?? "nothing", value!.ToString());
            if (old == given)
            {
                continue;
            }

            var what = name.StartsWith('-') ? $"with {name} {old}, not {given}" : $"with another {name}, or its files have changed since";
            throw new CliException($"An unfinished run of the same -o was started {what}. Give what it was started with, choose another -o, or remove {folder}.");
        }
    }

    private static JsonObject? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject : null;
        }
        catch (JsonException)
        {
            throw new CliException($"{path} cannot be read; remove its folder to start anew.");
        }
    }
}
