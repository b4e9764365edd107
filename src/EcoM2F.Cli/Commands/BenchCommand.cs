using System.CommandLine;
using EcoM2F.Cli.Bench;
using EcoM2F.Cli.Output;
using EcoM2F.Compiler;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f bench</c>: measures a model's latency on this machine, and another model's graph for comparison.</summary>
internal static class BenchCommand
{
    private const int MaxRounds = 10_000;
    private const int MaxThreads = 1024;

    public static Command Create()
    {
        var model = SharedOptions.Model();
        var size = new Option<string?>("--size") { Description = "Size of the model's input, multiples of 32 [default: the peer's size, else the first that 'inspect' lists].", HelpName = "HEIGHTxWIDTH" };
        var exits = new Option<string?>("--exits") { Description = "Comma-separated list of exits to measure [default: all].", HelpName = "EXITS" };
        var decoderDepth = new Option<int?>("--decoder-depth") { Description = "Decoder layers to run: one of the model's decoder exits [default: all].", HelpName = "LAYERS" };
        var peer = new Option<FileInfo?>("--peer")
        {
            Description = "ONNX graph of another whole model (input pixel_values [1, 3, H, W]) to compare with: runs in turn with this model, on as many threads and the same arena, with the same optimisations.",
            HelpName = "OTHER.onnx",
        };
        var denormals = new Option<bool>("--peer-denormals-as-zero") { Description = "Count floats nearer to 0 than 1.2e-38 as 0 in the peer too. By itself ONNX Runtime computes them, which is slow on many processors; this model's sessions do not." };
        var rounds = SharedOptions.Integer("--rounds", 10, 1, MaxRounds, $"Measurements of every exit, after {BenchOptions.Warmups} warm-up rounds.");
        var threads = SharedOptions.Integer("--threads", 0, 0, MaxThreads, "Compute threads of model and peer; 0: one per core.");
        var spin = new Option<bool>("--spin") { Description = "Let idle threads spin, as ONNX Runtime does by default and the service does not; not with --peer, whose threads would spin on the same cores." };
        var flavour = SharedOptions.Choice("--flavour", "Which graphs to run; a stage without a fused graph runs its portable one.", GraphFlavours.Fused, GraphFlavours.Portable);
        var precision = new Option<string>("--precision") { Description = "Comma-separated list of precisions to measure side by side: fp32, and int8 or fp16 where the model has them. --profile is about the last.", DefaultValueFactory = static _ => GraphPrecisions.Fp32, HelpName = "PRECISIONS" };
        var profile = new Option<bool>("--profile") { Description = "Also show where the time goes by operator, and matrix products beside the same products alone." };
        var json = SharedOptions.Json();
        var command = new Command("bench", "Measure a model's latency on this machine's CPU by stage and exit, beside a peer in the same run.")
        {
            model, size, exits, decoderDepth, peer, denormals, rounds, threads, spin, flavour, precision, profile, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var wanted = new Wanted(
                parsed.GetRequiredValue(model).FullName, parsed.GetValue(size), parsed.GetValue(exits), parsed.GetValue(decoderDepth), parsed.GetValue(peer)?.FullName, parsed.GetValue(denormals),
                parsed.GetValue(rounds), parsed.GetValue(threads), parsed.GetValue(spin), parsed.GetRequiredValue(flavour), parsed.GetRequiredValue(precision), parsed.GetValue(profile));
            return CommandRunner.RunAsync(report, () => RunAsync(wanted, report, cancellationToken));
        });
        return command;
    }

    private static async Task<int> RunAsync(Wanted wanted, Report report, CancellationToken cancellationToken)
    {
        if (wanted is { Peer: null, PeerDenormalsAreZero: true })
        {
            throw new CliException("--peer-denormals-as-zero is about a peer; name one with --peer.");
        }

        if (wanted is { Peer: not null, Spin: true })
        {
            throw new CliException("--spin cannot be given with --peer: model and peer have threads of their own, and those of the one would spin while the other runs.");
        }

        var folder = ModelFolder.Open(wanted.Model);
        var exits = BenchArguments.ParseExits(wanted.Exits, folder.Manifest);
        var threads = wanted.Threads > 0 ? wanted.Threads : Environment.ProcessorCount;
        OrtRuntime.Initialize(threads, wanted.Spin);
        using var peer = wanted.Peer is null ? null : PeerGraph.Open(wanted.Peer, wanted.PeerDenormalsAreZero);
        var (height, width) = BenchArguments.ParseSize(wanted.Size, folder.Manifest, peer);
        var options = new BenchOptions
        {
            Folder = folder,
            Height = height,
            Width = width,
            Exits = exits,
            DecoderDepth = BenchArguments.CheckDecoderDepth(wanted.DecoderDepth, folder.Manifest),
            Rounds = wanted.Rounds,
            Threads = threads,
            Flavour = wanted.Flavour,
            Precisions = BenchArguments.ParsePrecisions(wanted.Precision, folder.Manifest),
            Peer = peer,
            PlainProduct = wanted.Profile ? PlainProductGraph.Build : null,
        };
        var machine = MachineDescription.Read();
        BenchReport? result = null;
        await report.TrackAsync("rounds", wanted.Rounds + BenchOptions.Warmups, done =>
            Task.Run(() => { result = ModelBench.Run(options, done, cancellationToken); }, cancellationToken));
        report.Result(BenchJson.Of(options, machine, wanted.Spin, result!), console => BenchTables.Show(console, options, machine, wanted.Spin, result!));
        return ExitCode.Done;
    }

    /// <param name="Threads">0: one for each core.</param>
    private sealed record Wanted(
        string Model, string? Size, string? Exits, int? DecoderDepth, string? Peer, bool PeerDenormalsAreZero, int Rounds, int Threads, bool Spin, string Flavour, string Precision, bool Profile);
}
