using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;

namespace EcoM2F.Cli.Segment;

/// <summary>
/// What an output folder's results were made with, kept beside them: a run goes on only where the same was asked for, so results
/// of two models or budgets are never mixed.
/// </summary>
internal static class RunRecord
{
    public const string FileName = ".ecom2f-segment.json";

    /// <exception cref="CliException">The folder holds results of another run; names what differs.</exception>
    public static void Require(string folder, JsonObject run)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, FileName);
        var text = run.ToJsonString();
        if (!File.Exists(file))
        {
            AtomicFile.Write(file, System.Text.Encoding.UTF8.GetBytes(text));
            return;
        }

        var before = Read(file);
        foreach (var (key, value) in run)
        {
            var old = before[key]?.ToJsonString() ?? "nothing";
            if (old != (value?.ToJsonString() ?? "nothing"))
            {
                throw new CliException($"{folder} holds results of a run whose {key} was {old}, not {value?.ToJsonString()}; choose another output folder, or remove this one.");
            }
        }
    }

    private static JsonObject Read(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) as JsonObject ?? throw new JsonException("it holds no object");
        }
        catch (JsonException exception)
        {
            throw new CliException($"{file} cannot be read ({exception.Message}); remove it to start anew.");
        }
    }
}
