using System.CommandLine;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Quantize;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f quantize</c>: int8 graphs for CPUs, as far as they agree with the fp32 graphs on photographs.</summary>
internal static class QuantizeCommand
{
    private const int UsualPhotos = 48;

    private const int MostPhotos = 10_000;

    private const double UsualMaxLoss = 0.5;

    public static Command Create()
    {
        var model = SharedOptions.Model();
        var photos = new Argument<DirectoryInfo>("PHOTOS") { Description = $"Folder of {QuantizeOptions.FewestPhotos} photographs at least, searched with all folders below it; no labels are read. Half of them calibrate, the others are held out to measure the loss." };
        var output = new Option<DirectoryInfo?>("--output", "-o") { Description = "Folder for a copy of the model with int8 graphs; must not exist. Without it the model is changed in place.", HelpName = "MODEL" };
        var maxLoss = SharedOptions.Number("--max-loss", UsualMaxLoss, 0, 100, "Points of agreement with the fp32 graphs that may be lost on the held-out photographs; layers go back to fp32 until it is kept.");
        var fp32 = new Option<string?>("--fp32") { Description = "Groups of layers that stay in fp32 untried, by their names in the table that this command prints, separated by commas.", HelpName = "GROUP,..." };
        var most = SharedOptions.Integer("--photos", UsualPhotos, QuantizeOptions.FewestPhotos, MostPhotos, "Photographs to use; of more, so many are taken evenly in the order of their names.");
        var force = new Option<bool>("--force") { Description = "Replace int8 graphs that the model has already." };
        var json = SharedOptions.Json();
        var command = new Command("quantize", "Add graphs that compute on 8 bits, for CPUs: calibrated on photographs, with the layers that cost agreement left in fp32. Exit code 1 where --max-loss cannot be kept. After an interruption the same command goes on where it stopped.")
        {
            model, photos, output, maxLoss, fp32, most, force, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var options = new QuantizeOptions(parsed.GetRequiredValue(model).FullName, parsed.GetRequiredValue(photos).FullName, parsed.GetValue(output)?.FullName)
            {
                MaxLoss = parsed.GetValue(maxLoss),
                Fp32Groups = parsed.GetValue(fp32)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
                MostPhotos = parsed.GetValue(most),
                Force = parsed.GetValue(force),
            };
            return CommandRunner.RunAsync(report, () => Task.Run(() => new QuantizeRun(options, report).RunAsync(cancellationToken), cancellationToken));
        });
        return command;
    }
}
