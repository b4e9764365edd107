using System.Text;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Thresholds;

namespace EcoM2F.Recipe.Reports;

/// <summary><c>report.html</c>: one file that needs no network, for people.</summary>
internal static class ReportPage
{
    private static readonly Html Style = new(ReadStyle());

    public static string Of(EvaluationResult result)
    {
        var (model, set) = (result.Set.Model, result.Set.Set);
        var unit = set.Metric;
        return Html.Of($"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <title>{model.Name}: quality against compute</title><style>{Style}</style></head><body><main>
            <header><h1>Quality against compute</h1>
            <p class="facts"><span>model <b>{model.Name} {model.Version}</b></span><span>task <b>{set.Task}</b></span><span>images <b>{set.Images.Count}</b></span><span>exits <b>{string.Join(", ", model.Exits)}</b></span>{Sizes(model)}</p>{AgreementNote(set)}
            {Headline(result, unit)}</header>
            <section><h2>{unit} and multiply-adds</h2>{Legend(result)}
            {Chart(result, unit, ChartCost.Gmacs)}
            <p class="note">{unit} of the whole set in points; bars are 95% bootstrap intervals over its images. {Line(result)} What lies above the line is worth more than its compute. Intervals of policies overlap even where paired differences, further down, do not.</p></section>
            <section><h2>{unit} and milliseconds</h2>{Chart(result, unit, ChartCost.Milliseconds)}<p class="note">All stages of one image on this machine, as in the table of policies.</p></section>
            <section><h2>Depths</h2><div class="card">{Depths(result)}</div></section>{Maps(result)}
            <section><h2>Policies</h2>{ReportTables.Policies(result, unit)}
            <p class="note">Images: mean of the images' own {unit}. Milliseconds: all stages of one image, measured while others were decoded and scored beside it; images/s is their inverse. Random is the mean of {PolicyChoices.RandomTrials} trials.</p></section>
            <section><h2>Differences, in pairs over the same images</h2>{ReportTables.Comparisons(result)}
            <p class="note">Against the best fixed point that costs no more, against full depth at the model's own size, and for gates against their own choices assigned at random. Detectable: the smallest difference that this many images could have told from none.</p></section>
            {Calibrations(result)}{Examples(result.Examples, "depth", "from the first exit to the last", unit)}{Examples(result.SizeExamples, "the size", "from the smallest size to the largest, at full depth", unit)}
            {Thresholds(result.Thresholds)}<section><h2>Classes</h2>{ReportTables.Classes(result)}</section>
            <footer><p>Made by <code>ecom2f evaluate</code>, seed {result.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)}. Model {ModelIdentity.Of(model)}, data set {set.Hash}. The same numbers are in <code>report.json</code>.</p></footer>
            </main></body></html>
            """).Markup;
    }

    /// <summary>What a reader wants to know first: the default gate against full depth.</summary>
    private static Html Headline(EvaluationResult result, string unit)
    {
        var gate = result.Policies.FirstOrDefault(policy => policy.Policy == new Policy(PolicyKind.Gate, result.Set.Model.Gates?.Default))
            ?? result.Policies.FirstOrDefault(static policy => policy.Policy.AsksGate);
        var full = result.Full;
        var difference = gate is null ? null : result.Comparisons.First(item => item.Policy == gate.Policy.Name && item.Against == full.Policy.Name).Difference;
        return gate is null ? Html.Empty : Html.Of($"""
            <div class="tiles">
            <div><b>{ReportTables.Points(gate.Quality.Value)}</b><span>{unit} with {gate.Policy.Name}</span></div>
            <div><b>{gate.MeanDepth:0.00}</b><span>layers of {result.Set.Model.MaxDepth} on average</span></div>
            <div><b>{100 * (1 - (gate.Gmacs / full.Gmacs)):0}%</b><span>multiply-adds saved</span></div>
            <div><b>{ReportTables.Signed(difference!.Difference)}</b><span>against full depth, {ReportTables.Signed(difference.Low)} to {ReportTables.Signed(difference.High)}</span></div>
            </div>
            """);
    }

    private static Html Sizes(ModelManifest model) => model.HasSizes ? Html.Of($"""<span>sizes <b>{string.Join(", ", model.ShortestEdges)}</b></span>""") : Html.Empty;

    private static Html AgreementNote(Dataset set) => set.Reference is null ? Html.Empty : Html.Of($"""
        <p class="note"><b>Agreement, not quality:</b> nothing here was measured on labels. Every result is compared with what the model itself gives at its deepest exit and own size; where that is wrong, agreeing with it is wrong too.</p>
        """);

    private static Html Chart(EvaluationResult result, string unit, ChartCost cost) => Html.Of($"""
        <div class="card chart wide">{new ScatterChart(result, unit, cost, 960, 480).ToSvg()}</div><div class="card chart narrow">{new ScatterChart(result, unit, cost, 380, 420).ToSvg()}</div>
        """);

    private static string Line(EvaluationResult result) => result.Set.Model.HasPoints
        ? "The line joins the fixed points, size/depth or size/depth/decoder depth, that no cheaper one is as good as."
        : "Numbers along the line are static depths.";

    private static Html Maps(EvaluationResult result) => !result.Set.Model.HasPoints ? Html.Empty : Html.Of($"""
        <section><h2>Points</h2><div class="maps">{Html.Each(result.Policies.Where(static policy => policy.Policy.Kind is not PolicyKind.Static), policy => PointMap.Of(policy, result.Set.Model))}</div>
        <p class="note">Images at each size (columns, shortest edge in pixels) and depth (rows). Guard: the share of images that are unlike those the gate was trained on, which get its fallback.</p></section>
        """);

    private static Html Legend(EvaluationResult result)
    {
        var kinds = result.Policies.Select(static policy => policy.Policy.Kind).Prepend(PolicyKind.Static).Distinct();
        return Html.Of($"""
            <p class="legend">{Html.Each(kinds, static kind => Html.Of($"""<span><svg viewBox="0 0 20 20">{PolicyStyle.Mark(kind, 10, 10)}</svg>{PolicyStyle.Class(kind)}: {PolicyStyle.Meaning(kind)}</span>"""))}</p>
            """);
    }

    private static Html Depths(EvaluationResult result)
    {
        var exits = result.Set.Model.Exits;
        return Html.Of($"""
            <div class="depths">{Html.Each(result.Policies.Where(static policy => policy.Policy.Kind != PolicyKind.Static), policy => Html.Of($"""
            <div class="name">{policy.Policy.Name}</div><div class="bar">{Html.Each(policy.Depths, entry => Html.Of($"""<div style="flex:{entry.Value};--depth:{Share(exits, entry.Key):0.##}" title="{entry.Value} images at depth {entry.Key}">{entry.Key}</div>"""))}</div><div class="mean">{policy.MeanDepth:0.00}</div>
            """))}</div><p class="note">How many images stop after so many layers; at the right the mean.</p>
            """);
    }

    private static double Share(IReadOnlyList<int> exits, int depth) => exits.Count == 1 ? 1 : (depth - exits[0]) / (double)(exits[^1] - exits[0]);

    private static Html Calibrations(EvaluationResult result) => result.Calibrations.Count == 0 ? Html.Empty : Html.Of($"""
        <section><h2>What gates say and what happens</h2><div class="grid-of-cards">{Html.Each(result.Calibrations, static calibration => new CalibrationChart(calibration).ToFigure())}</div>
        <p class="note">Predictions in bins of equal size against the mean of what was measured; on the diagonal they agree. A classifier's scores are turned into probabilities (softmax), and an exit is the best one at the gate's own price. A gate chooses well when its order is right; these charts tell whether its numbers are.</p></section>
        """);

    private static Html Thresholds(ThresholdTuning? tuning) => tuning is null ? Html.Empty : Html.Of($"""
        <section><h2>Score thresholds by class</h2>
        <p><b>{ReportTables.Signed(tuning.Difference.Difference)}</b> {tuning.Metric} points on images that did not choose them, {ReportTables.Signed(tuning.Difference.Low)} to {ReportTables.Signed(tuning.Difference.High)}: {ReportTables.Points(tuning.QualityTuned)} instead of {ReportTables.Points(tuning.QualityNow)}. {(tuning.Written ? "They have been written into the model." : "The model is as it was.")}</p>{ReportTables.Thresholds(tuning)}
        <p class="note">At full depth and the model's own size. Thresholds are chosen by each half of the images and judged on the other, in pairs over the images; those that are written are chosen by all. A class with fewer than {tuning.LeastObjects} objects keeps the threshold that it has, and one that nothing is better for has the model's own, {tuning.Own:0.##}.</p></section>
        """);

    private static Html Examples(IReadOnlyList<DepthExample> examples, string what, string way, string unit) => examples.Count == 0 ? Html.Empty : Html.Of($"""
        <section><h2>Where {what} matters</h2><p class="note">Images that gain most {unit} {way}, then those that lose most.</p>
        {Html.Each(examples, example => Html.Of($"""
        <article class="card example"><h3><span>{example.Image}</span> <b class="{(example.Deep.Quality >= example.Shallow.Quality ? "better" : "worse")}">{ReportTables.Signed(example.Deep.Quality - example.Shallow.Quality)}</b></h3>
        <div class="pictures"><figure>{Picture(example.Photo, "the image")}<figcaption>image</figcaption></figure>{Masks(example.Shallow, unit)}{Masks(example.Deep, unit)}</div></article>
        """))}
        <p class="note">Photographs belong to the data set and are under its own licences; see there for their authors before this page is passed on. <code>--examples 0</code> leaves them out.</p></section>
        """);

    private static Html Masks(ExampleMasks masks, string unit) => Html.Of($"""
        <figure>{Picture(masks.Picture, $"result at {masks.Name}")}<figcaption>{masks.Name}: {unit} {ReportTables.Points(masks.Quality)}</figcaption></figure>
        """);

    private static Html Picture(byte[] webp, string alternative) => Html.Of($"""<img alt="{alternative}" src="data:image/webp;base64,{new Html(Convert.ToBase64String(webp))}">""");

    private static string ReadStyle()
    {
        using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream("EcoM2F.Recipe.Reports.report.css")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
