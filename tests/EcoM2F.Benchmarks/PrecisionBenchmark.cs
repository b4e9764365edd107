using System.Globalization;
using EcoM2F.Benchmarks.Load;
using EcoM2F.Inference.Models;

namespace EcoM2F.Benchmarks;

/// <summary>Clients of the real service with a model's fp32 graphs, and with its int8 graphs, in turn; of another build too where one is given.</summary>
internal static class PrecisionBenchmark
{
    private const int Rounds = 30;
    private const int Images = 12;

    private const string Before = "before=";
    private const string Clients = "clients=";

    private static readonly string[] NoLimits = ["--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0"];

    /// <returns>Another build's EcoM2F.Serving.dll, how many clients (default 1), and a folder of photographs; null for anything else.</returns>
    public static (string? Before, int Clients, string? Photos)? Parse(string[] words)
    {
        var (before, clients) = (Find(Before), Find(Clients));
        string[] rest = [.. words.Where(word => word != before && word != clients)];
        var count = 1;
        return rest.Length > 1 || rest.Any(IsOption) || (clients is not null && !int.TryParse(clients[Clients.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out count)) || count < 1
            ? null
            : (before?[Before.Length..], count, rest.FirstOrDefault());

        string? Find(string option) => words.FirstOrDefault(word => word.StartsWith(option, StringComparison.Ordinal));

        static bool IsOption(string word) => word.StartsWith(Before, StringComparison.Ordinal) || word.StartsWith(Clients, StringComparison.Ordinal);
    }

    /// <param name="models">Folder of model folders; the default one has int8 graphs.</param>
    /// <param name="before">Another build's EcoM2F.Serving.dll, which runs the models of its own repository; null: none.</param>
    /// <param name="clients">Each waits for its answer before it sends the next image.</param>
    /// <param name="folder">Of photographs; null: the tests' own.</param>
    public static async Task RunAsync(string models, string? before, int clients, string? folder)
    {
        var photos = Photos.Read(folder).Select(static photo => photo.Bytes).ToArray();
        Console.WriteLine($"{photos.Length} photos, {Rounds} rounds of {Images * clients}, {clients} client(s), the default profile");
        var services = new List<(string Name, LoadedService Service, List<double> Rates, List<double> Milliseconds)>();
        try
        {
            if (before is not null)
            {
                Add("before", await StartBeforeAsync(Path.GetFullPath(before)));
            }

            Add(GraphPrecisions.Fp32, await LoadedService.StartAsync(models, ["--Engine:Precision", GraphPrecisions.Fp32, .. NoLimits]));
            Add(GraphPrecisions.EightBits, await LoadedService.StartAsync(models, ["--Engine:Precision", GraphPrecisions.EightBits, .. NoLimits]));
            for (var round = -1; round < Rounds; round++)
            {
                foreach (var (_, service, rates, milliseconds) in services)
                {
                    var (rate, times) = await service.RunClosedAsync(photos, Images * clients, clients, "");
                    if (round >= 0)
                    {
                        rates.Add(rate);
                        milliseconds.AddRange(times);
                    }
                }
            }
        }
        finally
        {
            foreach (var (_, service, _, _) in services)
            {
                await service.DisposeAsync();
            }
        }

        foreach (var (name, _, rates, milliseconds) in services)
        {
            Console.WriteLine(FormattableString.Invariant($"{name}: {rates.Median():0.0} images a second, median {milliseconds.Median():0.0} ms"));
        }

        foreach (var slower in services.SkipLast(1))
        {
            var ratios = services[^1].Rates.Zip(slower.Rates, static (fast, slow) => fast / slow).Order().ToList();
            Console.WriteLine(FormattableString.Invariant($"{services[^1].Name} by {slower.Name}: {ratios.Median():0.00} ({ratios[Rounds / 4]:0.00} to {ratios[^((Rounds / 4) + 1)]:0.00})"));
        }

        void Add(string name, LoadedService service) => services.Add((name, service, [], []));
    }

    private static async Task<LoadedService> StartBeforeAsync(string program)
    {
        try
        {
            return await LoadedService.StartBuildAsync(program, ["--Engine:StemCacheMegabytes", "0", .. NoLimits]);
        }
        catch (InvalidOperationException)
        {
            return await LoadedService.StartBuildAsync(program, NoLimits); // of the time before there was a cache
        }
    }
}
