using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>A dashboard's JSON, as far as tests look at it.</summary>
internal sealed class Dashboard
{
    private Dashboard(JsonElement json)
    {
        Json = json;
        Panels = [.. json.GetProperty("panels").EnumerateArray().SelectMany(WithFolded)];
        Variables = [.. json.GetProperty("templating").GetProperty("list").EnumerateArray()];
        Annotations = [.. json.GetProperty("annotations").GetProperty("list").EnumerateArray().Where(static each => each.TryGetProperty("expr", out _))];
        Queries =
        [
            .. Panels.SelectMany(static panel => panel.Targets.Select(target => new DashboardQuery($"{panel.Title} {target.GetProperty("refId").GetString()}", Expression(target)))),
            .. Annotations.Select(static each => new DashboardQuery($"Annotation {each.GetProperty("name").GetString()}", Expression(each))),
        ];
    }

    public static string Folder => Path.Combine(RepositoryPaths.Root, "deploy", "grafana", "dashboards");

    /// <summary>The one of the service.</summary>
    public static Dashboard EcoM2F { get; } = Load(Path.Combine(Folder, "ecom2f.json"));

    public JsonElement Json { get; }

    /// <summary>Panels and row headings, those in folded rows too.</summary>
    public IReadOnlyList<Panel> Panels { get; }

    public IReadOnlyList<JsonElement> Variables { get; }

    /// <summary>Those that ask Prometheus.</summary>
    public IReadOnlyList<JsonElement> Annotations { get; }

    /// <summary>Of panels and annotations.</summary>
    public IReadOnlyList<DashboardQuery> Queries { get; }

    public static Dashboard Load(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return new Dashboard(document.RootElement.Clone());
    }

    public Panel Panel(string title) => Panels.Single(panel => panel.Title == title);

    /// <param name="letter">The query's letter in its panel.</param>
    public DashboardQuery Query(string title, string letter) => Queries.Single(query => query.Place == $"{title} {letter}");

    private static IEnumerable<Panel> WithFolded(JsonElement panel) =>
        [new Panel(panel), .. panel.TryGetProperty("panels", out var folded) ? folded.EnumerateArray().SelectMany(WithFolded) : []];

    private static string Expression(JsonElement target) => target.GetProperty("expr").GetString()!;
}
