using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Inference.Files;
using EcoM2F.Recipe.Evaluation;

namespace EcoM2F.Recipe.Reports;

/// <summary><c>report.json</c> and <c>report.html</c> in a report's folder.</summary>
public static class ReportFiles
{
    public const string Json = "report.json";
    public const string Page = "report.html";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes both, each whole or not at all.</summary>
    /// <returns>What <c>report.json</c> holds.</returns>
    public static JsonObject Write(EvaluationResult result, string folder)
    {
        var json = ReportJson.Of(result);
        Write(Path.Combine(folder, Json), json.ToJsonString(Indented));
        Write(Path.Combine(folder, Page), ReportPage.Of(result));
        return json;
    }

    private static void Write(string path, string text) => AtomicFile.Write(path, path + ".tmp", Encoding.UTF8.GetBytes(text));
}
