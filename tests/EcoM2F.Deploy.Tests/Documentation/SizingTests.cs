using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>Works the example of sizing through anew, from the README's tables and the model's card: whoever measures again must size again.</summary>
public sealed partial class SizingTests
{
    private const double Cores = 2;
    private const double Load = 40;
    private const double Utilisation = 0.65;

    private static readonly string Readme = OperationsPage.Read("README.md");
    private static readonly string Card = File.ReadAllText(Path.Combine(RepositoryPaths.DefaultModel, "README.md"));

    /// <summary>Milliseconds of 320 x 448: stem, gate, encoder to exit 1 to 6, decoder.</summary>
    private static readonly double[] Stages = [.. OperationsPage.Table(Readme, "| input | stem | gate |").Single(static row => row[0].StartsWith("320 x 448", StringComparison.Ordinal))[1..10].Select(Number)];

    [Fact]
    public void Full_Row_FollowsFromTheTables()
    {
        var device = Stages[0] + Stages[7] + Stages[8];
        RequireRow("| fixed, full depth | 6 |", $"{Text(Stages[0])} + {Text(Stages[7])} + {Text(Stages[8])} = {Text(device)}", device);
    }

    [Theory]
    [InlineData("facades", 1)]
    [InlineData("COCO", 4)]
    public void Gate_Row_FollowsFromTheTables(string images, int column)
    {
        var depth = Number(OperationsPage.Table(Card, "| policy | facade depth").Single(static row => row[0] == "gate `balanced`")[column]);
        var below = (int)depth;
        var encoder = Stages[1 + below] + ((depth - below) * (Stages[2 + below] - Stages[1 + below]));
        var device = Stages[0] + Stages[1] + encoder + Stages[8];
        var sum = $"{Text(Stages[0])} + {Stages[1].ToString(CultureInfo.InvariantCulture)} + {Text(encoder)} + {Text(Stages[8])} = {Text(device)}";
        RequireRow($"| gate `balanced`, {images} | {depth.ToString(CultureInfo.InvariantCulture)} |", sum, device);
    }

    private static void RequireRow(string start, string sum, double device)
    {
        var timing = ServerTiming().Match(Readme);
        var host = Number(timing.Groups["decode"].Value) + Number(timing.Groups["mask"].Value);
        var capacity = 1000 * Cores / ((Cores * device) + host);
        var replicas = Math.Ceiling(Load / (Utilisation * capacity));
        var row = $"{start} {sum} | 2000 / (2 × {Text(device)} + {Text(host)}) = {Text(capacity)} | 40 / (0.65 × {Text(capacity)}) -> {replicas} | {replicas + 1} |";

        Assert.Contains(row, OperationsPage.Text, StringComparison.Ordinal);
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Server-Timing: .*decode;dur=(?<decode>[0-9.]+).*mask;dur=(?<mask>[0-9.]+)")]
    private static partial Regex ServerTiming();
}
