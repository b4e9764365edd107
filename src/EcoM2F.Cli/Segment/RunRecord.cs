using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Files;
using EcoM2F.Inference.Json;

namespace EcoM2F.Cli.Segment;

/// <summary>
/// What an output folder's results were made with, kept beside them: a run goes on only where the same was asked for, so results
/// of two models or budgets are never mixed.
/// </summary>
internal static class RunRecord
{
    public const string FileName = ".ecom2f-segment.json";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="CliException">The folder holds results of another run; names what differs.</exception>
    public static void Check(string folder, JsonObject run)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return;
        }

        var before = Read(file);
        foreach (var (key, value) in run)
        {
            var (old, now) = (Text(before[key]), Text(value));
            if (old != now)
            {
                throw new CliException($"{folder} holds results of a run whose {key} was {old}, not {now}; choose another output folder, or remove this one.");
            }
        }
    }

    /// <summary>Called when the run is known to work: a run that cannot begin says nothing about the folder.</summary>
    /// <exception cref="CliException">Another run began in this folder meanwhile.</exception>
    public static void Write(string folder, JsonObject run)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            // Shards begin together: each has a temporary name of its own.
            AtomicFile.Write(file, $"{file}.{Guid.NewGuid():N}.tmp", Encoding.UTF8.GetBytes(run.ToJsonString(Relaxed)));
        }

        Check(folder, run);
    }

    private static string Text(JsonNode? value) => value?.ToJsonString(Relaxed) ?? "nothing";

    private static JsonObject Read(string file)
    {
        try
        {
            return JsonNode.Parse(JsonFile.ReadBytes(file)) as JsonObject ?? throw new JsonException("an object was expected");
        }
        catch (JsonException exception)
        {
            throw new CliException($"{file} cannot be read ({JsonProblem.Of(exception)}); remove it to start anew.");
        }
    }
}
