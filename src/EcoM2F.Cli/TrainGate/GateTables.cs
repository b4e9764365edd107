using System.Globalization;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Gates;
using EcoM2F.Recipe.Metrics;
using Spectre.Console;

namespace EcoM2F.Cli.TrainGate;

/// <summary>A trained gate on the terminal: what it does on held-out images, beside what else could be done with them. PQ points.</summary>
internal sealed class GateTables(TrainGateOptions options, GateRows rows, TrainedGate trained)
{
    /// <summary>Fixed points that a table of many shows beside the rivals: the best by utility.</summary>
    private const int ShownPoints = 6;

    private readonly GateData _data = rows.Data;

    public static string Name(GatePoint point) => point.Size == GateData.OwnSize
        ? point.Depth.ToString(CultureInfo.InvariantCulture)
        : point.ToString();

    private string Quality => rows.IsAgreement ? "agreement" : "quality";

    public void Show(IAnsiConsole console)
    {
        var left = rows.LeftOut > 0 ? $" ({rows.LeftOut} more have nothing to score)" : "";
        var shared = _data.HasPoints ? $", shared by points: {trained.Shared}" : "";
        console.Line(string.Create(CultureInfo.InvariantCulture, $"{_data.Images} images{left}, each held out once in {trained.Parts} parts; {options.Kind} by {options.Loss}, penalty {trained.Penalty:0.####}{shared}, seed {options.Seed}"));
        if (rows.IsAgreement)
        {
            console.Line("These rows are of agreement with the model's own full result, not of quality: a result that is wrong there is agreed with all the same.");
        }

        foreach (var (price, unguarded) in trained.Judgement.Prices.Zip(trained.Unguarded?.Prices ?? trained.Judgement.Prices))
        {
            console.Write(_data.HasPoints ? Points(price, unguarded) : Table(price));
        }

        if (trained.Curve.Count > 0)
        {
            console.Write(Curve());
        }

        if (trained.LeftOut.Count > 0)
        {
            console.Write(LeftOut());
        }

        Differences(console);
    }

    private void Differences(IAnsiConsole console)
    {
        var judgement = trained.Judgement;
        if (_data.HasPoints)
        {
            console.Line($"{Quality} against the best fixed point of no higher cost  {Interval(judgement.Difference)}");
        }
        else
        {
            console.Line($"utility against the best static depth  {Interval(judgement.Difference)}");
        }

        console.Line($"{Quality} against full depth             {Interval(judgement.AgainstFull)}");
        console.Line($"{Quality} against its choices at random  {Interval(judgement.AgainstRandom)}{(judgement.IsAgreement ? ", which decides" : "")}");
        if (judgement.AgainstDepthAlone is { } depth && judgement.AgainstSizeAlone is { } size)
        {
            console.Line($"utility against depth alone            {Interval(depth)}");
            console.Line($"utility against size alone             {Interval(size)}");
        }

        if (trained.Guard is { } guard)
        {
            console.Line(string.Create(CultureInfo.InvariantCulture, $"guard: leverage up to {guard.MaxLeverage:0.###}; above it {Name(_data.Points[guard.Fallback])} ({guard.HeldOut} of {_data.Images} held-out images)"));
        }
    }

    private Table Table(PriceJudgement price)
    {
        var table = new Table().Border(TableBorder.Minimal).Title(string.Create(CultureInfo.InvariantCulture, $"beta {price.Beta:0.###} PQ points per layer"));
        table.AddColumn("policy");
        Columns(table, ["utility", Quality, "mean depth", .. _data.Points.Select(static point => $"at {Name(point)}")]);
        Row("gate", price.Gate);
        Row("oracle (the targets)", price.Oracle);
        for (var k = 0; k < _data.Points.Count; k++)
        {
            Row($"always {Name(_data.Points[k])}{(k == price.Best ? " (best)" : "")}", price.Statics[k]);
        }

        return table;

        void Row(string name, PolicyScore score) => table.AddRow(
        [
            name, Number(score.Utility), Number(100 * score.Quality), Number(score.MeanDepth),
            .. score.Chosen.Select(static count => count.ToString(CultureInfo.InvariantCulture)),
        ]);
    }

    private Table Points(PriceJudgement price, PriceJudgement unguarded)
    {
        var table = new Table().Border(TableBorder.Minimal).Title(string.Create(CultureInfo.InvariantCulture, $"beta {price.Beta:0.###} PQ points per layer equivalent"));
        table.AddColumn("policy");
        Columns(table, ["utility", Quality, "GMACs", "mean depth"]);
        table.AddColumn("most chosen");
        Row("gate", price.Gate);
        if (trained.Guard is not null)
        {
            Row("gate without its guard", unguarded.Gate);
        }

        Row("oracle (the targets)", price.Oracle);
        table.AddRow("the gate's choices at random", "", Number(100 * price.RandomQuality), "", "", "");
        if (price.DepthAlone is { } depth && price.SizeAlone is { } size)
        {
            Row("depth alone", depth);
            Row("size alone", size);
        }

        var shown = Enumerable.Range(0, _data.Points.Count).OrderByDescending(point => price.Statics[point].Utility).Take(ShownPoints).Union([price.BestAffordable, price.FullPoint]);
        foreach (var point in shown.Order())
        {
            Row($"always {Name(_data.Points[point])}{Mark(price, point)}", price.Statics[point]);
        }

        return table;

        void Row(string name, PolicyScore score) => table.AddRow(name, Number(score.Utility), Number(100 * score.Quality), Number(score.Gmacs), Number(score.MeanDepth), Chosen(score));
    }

    private static string Mark(PriceJudgement price, int point) =>
        (point == price.Best ? " (best utility)" : "") + (point == price.BestAffordable ? " (best of no higher cost)" : "") + (point == price.FullPoint ? " (full)" : "");

    private string Chosen(PolicyScore score) => string.Join(", ", _data.Points.Zip(score.Chosen).Where(static pair => pair.Second > 0)
        .OrderByDescending(static pair => pair.Second).Take(4).Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{Name(pair.First)}: {pair.Second}")));

    private Table LeftOut()
    {
        var table = new Table().Border(TableBorder.Minimal).Title("whole sets left out: trained on the others");
        table.AddColumn("set");
        Columns(table, ["images", $"gate: {Quality}", "GMACs", "guarded", "GMACs", "fallbacks", "fixed point of the others", Quality, "GMACs"]);
        foreach (var set in trained.LeftOut)
        {
            table.AddRow(
                rows.Datasets[set.Set], set.Images.ToString(CultureInfo.InvariantCulture), Number(100 * set.Unguarded.Quality), Number(set.Unguarded.Gmacs),
                set.Guarded is { } guarded ? Number(100 * guarded.Quality) : "-", set.Guarded is { } cost ? Number(cost.Gmacs) : "-", set.Fallbacks.ToString(CultureInfo.InvariantCulture),
                Name(_data.Points[set.FixedPoint]), Number(100 * set.Fixed.Quality), Number(set.Fixed.Gmacs));
        }

        return table;
    }

    private Table Curve()
    {
        var table = new Table().Border(TableBorder.Minimal).Title("around the price that was found");
        Columns(table, ["beta", "mean depth", .. _data.HasPoints ? (string[])["GMACs"] : [], Quality, "loss against full depth", "utility", "best static's"]);
        foreach (var point in trained.Curve)
        {
            table.AddRow(
            [
                point.Beta.ToString("0.000", CultureInfo.InvariantCulture) + (point.Beta == trained.Beta ? " *" : ""),
                Number(point.Gate.MeanDepth), .. _data.HasPoints ? (string[])[Number(point.Gate.Gmacs)] : [],
                Number(100 * point.Gate.Quality), Number(point.QualityLoss), Number(point.Gate.Utility), Number(point.BestStatic.Utility),
            ]);
        }

        return table;
    }

    private static void Columns(Table table, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }
    }

    private static string Interval(PairedDifference difference) => string.Create(
        CultureInfo.InvariantCulture, $"{difference.Difference:+0.00;-0.00;0.00} PQ points [{difference.Low:0.00}, {difference.High:0.00}]");

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
