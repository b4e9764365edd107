using System.CommandLine;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f sizes</c>: the sizes that a model's images may be resized to.</summary>
internal static class SizesCommand
{
    public const string ListHelp = "a shortest edge, or shortest:longest, each, such as 192:288,256:384,320; a longest edge that is left out is in the own size's proportion. The own size is always added.";

    public static Command Create()
    {
        var model = SharedOptions.Model();
        var list = new Argument<string>("LIST") { Description = $"Comma-separated list of sizes in pixels: {ListHelp} The own size alone leaves no other." };
        var output = new Option<DirectoryInfo?>("--output", "-o") { Description = "Folder for a changed copy of the model, which is named after it; must not exist. Without it the model is changed in place.", HelpName = "MODEL" };
        var force = new Option<bool>("--force") { Description = "Remove gates that choose among sizes which the list changes; otherwise such gates are an error." };
        var json = SharedOptions.Json();
        var command = new Command("sizes", "Set the input sizes that a model's images may be resized to, and count their costs.") { model, list, output, force, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var (folder, target) = (parsed.GetRequiredValue(model).FullName, parsed.GetValue(output)?.FullName);
            var (sizes, remove) = (parsed.GetRequiredValue(list), parsed.GetValue(force));
            return CommandRunner.RunAsync(
                report,
                () =>
                {
                    var installed = SizesInstaller.Install(folder, sizes, target, remove, null, cancellationToken);
                    Show(installed, target ?? folder, report);
                    return ExitCode.Done;
                },
                cancellationToken);
        });
        return command;
    }

    private static void Show(InstalledSizes installed, string path, Report report)
    {
        var model = installed.Manifest;
        IReadOnlyList<ModelSize> sizes = model.Sizes ?? [SizeRules.Own(model.Preprocessing)!];
        var data = new JsonObject
        {
            ["model"] = model.Name,
            ["version"] = model.Version,
            ["path"] = path,
            ["sizes"] = new JsonArray([.. sizes.Select(size => (JsonNode)new JsonObject { ["shortest_edge"] = size.ShortestEdge, ["longest_edge"] = size.LongestEdge, ["own"] = size.ShortestEdge == model.OwnSize })]),
            ["removed_gates"] = new JsonArray([.. installed.RemovedGates.Select(static gate => (JsonNode)gate)]),
        };
        report.Result(data, console =>
        {
            console.Line($"{path}: {(model.HasSizes ? "sizes " : "one size, ")}{string.Join(", ", sizes)}{(model.HasSizes ? $"; its own is {model.OwnSize}" : "")}.");
            if (installed.RemovedGates.Count > 0)
            {
                console.Line($"Removed gates: {string.Join(", ", installed.RemovedGates)}. {(model.Gates is { } left ? $"The default is {left.Default}." : "The model has none left.")}");
            }
        });
    }
}
