namespace EcoM2F.Benchmarks.Load;

/// <summary>How soon latency is as before once a burst of three times the capacity is over.</summary>
internal static class BurstBenchmark
{
    private const double Burst = 3, Usual = 0.5;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(20), Length = TimeSpan.FromSeconds(30), After = TimeSpan.FromSeconds(20);

    public static async Task RunAsync()
    {
        var photos = Photos.Read().Select(static photo => photo.Bytes).ToList();
        var capacity = await OverloadBenchmark.MeasureCapacityAsync(photos);
        await using var service = await LoadedService.StartAsync(models: null);
        await service.RunClosedAsync(photos, 40, 8, "");
        List<TimeSpan> arrivals =
        [
            .. Arrivals.Make(Usual * capacity, Before, bursty: false),
            .. Arrivals.Make(Burst * capacity, Length, bursty: false).Select(static time => Before + time),
            .. Arrivals.Make(Usual * capacity, After, bursty: false).Select(static time => Before + Length + time),
        ];
        var answers = await OpenLoop.RunAsync(service, photos, "", arrivals);
        var end = Before + Length;
        Print("20 s before, 0.5 x", answers.Where(static answer => answer.Due < Before));
        Print("30 s burst, 3 x", answers.Where(answer => answer.Due >= Before && answer.Due < end));
        for (var second = 0; second < 6; second++)
        {
            var from = end + TimeSpan.FromSeconds(second);
            Print(FormattableString.Invariant($"second {second + 1} after"), answers.Where(answer => answer.Due >= from && answer.Due < from + TimeSpan.FromSeconds(1)));
        }

        Print("the rest, 0.5 x", answers.Where(answer => answer.Due >= end + TimeSpan.FromSeconds(6)));
    }

    private static void Print(string what, IEnumerable<OverloadAnswer> answers)
    {
        var all = answers.ToList();
        double[] served = [.. all.Where(static answer => answer.IsServed).Select(static answer => answer.Latency.TotalMilliseconds).Order()];
        Console.WriteLine(FormattableString.Invariant(
            $"| {what} | {all.Count} | {all.Count - served.Length} | {served.Quantile(0.5):0} | {served.Quantile(0.95):0} | {all.Where(static answer => answer.IsServed).Select(static answer => answer.Depth).DefaultIfEmpty(0).Average():0.00} |"));
    }
}
