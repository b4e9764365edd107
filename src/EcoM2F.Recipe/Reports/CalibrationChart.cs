using EcoM2F.Recipe.Evaluation;

namespace EcoM2F.Recipe.Reports;

/// <summary>Predicted against actual; on the diagonal they are equal.</summary>
internal sealed class CalibrationChart
{
    private const int Width = 280;
    private const int Height = 240;
    private const int Left = 40;
    private const int Bottom = 36;
    private const int Margin = 10;

    private readonly Calibration _calibration;
    private readonly Axis _x;
    private readonly Axis _y;

    public CalibrationChart(Calibration calibration)
    {
        _calibration = calibration;
        var values = calibration.Bins.SelectMany(static bin => (double[])[bin.Predicted, bin.Actual]).ToList();
        _x = Axis.Around(values, Left, Width - Margin);
        _y = Axis.Around(values, Height - Bottom, Margin);
    }

    public Html ToFigure() => Html.Of($"""
        <figure class="card"><figcaption><b>{_calibration.Gate}</b> {_calibration.What}</figcaption>
        <svg viewBox="0 0 {Width} {Height}" role="img" aria-label="Predicted against actual">
        {Html.Each(_x.Ticks(4), tick => Html.Of($"""<line class="grid" x1="{_x.At(tick):0.#}" x2="{_x.At(tick):0.#}" y1="{Margin}" y2="{Height - Bottom}"/><text class="tick" x="{_x.At(tick):0.#}" y="{Height - Bottom + 15}" text-anchor="middle">{tick:0.##}</text>"""))}
        {Html.Each(_y.Ticks(4), tick => Html.Of($"""<line class="grid" x1="{Left}" x2="{Width - Margin}" y1="{_y.At(tick):0.#}" y2="{_y.At(tick):0.#}"/><text class="tick" x="{Left - 5}" y="{_y.At(tick) + 4:0.#}" text-anchor="end">{tick:0.##}</text>"""))}
        <line class="ideal" x1="{_x.Start:0.#}" y1="{_y.Start:0.#}" x2="{_x.End:0.#}" y2="{_y.End:0.#}"/>
        <polyline class="line gate" points="{Html.Each(_calibration.Bins, bin => Html.Of($"{_x.At(bin.Predicted):0.#},{_y.At(bin.Actual):0.#} "))}"/>
        {Html.Each(_calibration.Bins, bin => Html.Of($"""<circle class="mark gate" cx="{_x.At(bin.Predicted):0.#}" cy="{_y.At(bin.Actual):0.#}" r="4"><title>predicted {bin.Predicted:0.0}, actual {bin.Actual:0.0}, {bin.Count} cases</title></circle>"""))}
        <text class="axis" x="{(Left + Width - Margin) / 2}" y="{Height - 4}" text-anchor="middle">predicted</text>
        <text class="axis" x="10" y="{(Margin + Height - Bottom) / 2}" text-anchor="middle" transform="rotate(-90 10 {(Margin + Height - Bottom) / 2})">actual</text>
        </svg></figure>
        """);
}
