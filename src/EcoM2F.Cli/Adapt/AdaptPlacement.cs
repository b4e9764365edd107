using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Adapt;

/// <summary>Puts what a run made where the user wants it: by renaming, the report first and the model last.</summary>
internal static class AdaptPlacement
{
    /// <summary>In the report's folder: the summary, and which run it is of.</summary>
    public const string SummaryName = "adapt.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="CliException">The output is there already, or cannot be a model folder.</exception>
    public static void RequireNew(AdaptOptions options)
    {
        if (Path.Exists(options.Output))
        {
            AdaptWork.RemoveFinished(options.Output);
            throw new CliException($"{options.Output} exists already; choose another folder.");
        }

        if (!ModelManifest.IsName(options.ModelName))
        {
            throw new CliException($"The model's name '{options.ModelName}' is not allowed; allowed are a-z, 0-9, '.', '_' and '-', first a letter or digit, at most 64. Give another -o, or --name.");
        }

        if (options.Report == options.Output)
        {
            throw new CliException("--report is the folder of -o; choose another one.");
        }
    }

    /// <exception cref="CliException">The report's folder is there already, and not because this run put it there before it was ended.</exception>
    public static void RequireNewReport(string folder, JsonObject run)
    {
        if (Path.Exists(folder) && !JsonNode.DeepEquals(RunOf(Path.Combine(folder, SummaryName)), run))
        {
            throw new CliException($"{folder} exists already; choose another folder for the report with --report.");
        }
    }

    public static void Place(AdaptWork work, AdaptOptions options, JsonObject summary)
    {
        RemoveUnnamed(ModelFolder.Open(work.Model));
        if (Directory.Exists(work.Report))
        {
            File.WriteAllText(Path.Combine(work.Report, SummaryName), summary.ToJsonString(Indented) + "\n");
            Move(work.Report, options.Report);
        }

        Directory.Move(work.Model, options.Output);
        work.Remove();
    }

    /// <summary>Files of gates and canaries that were replaced.</summary>
    private static void RemoveUnnamed(ModelFolder model)
    {
        foreach (var file in Directory.EnumerateFiles(model.Path).Where(file => Path.GetFileName(file) is var name && name != ModelManifest.FileName && !model.Manifest.Sha256.ContainsKey(name)))
        {
            File.Delete(file);
        }
    }

    /// <summary>Also to another file system, where there is no renaming across.</summary>
    private static void Move(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        try
        {
            Directory.Move(from, to);
        }
        catch (IOException) when (!Path.Exists(to))
        {
            var temporary = Path.Combine(Path.GetDirectoryName(to)!, $".{Path.GetFileName(to)}.{Guid.NewGuid():N}.tmp");
            Directory.CreateDirectory(temporary);
            foreach (var file in Directory.EnumerateFiles(from))
            {
                File.Copy(file, Path.Combine(temporary, Path.GetFileName(file)));
            }

            Directory.Move(temporary, to);
            Directory.Delete(from, recursive: true);
        }
    }

    private static JsonNode? RunOf(string file)
    {
        try
        {
            return File.Exists(file) ? JsonNode.Parse(File.ReadAllBytes(file))?["run"] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
