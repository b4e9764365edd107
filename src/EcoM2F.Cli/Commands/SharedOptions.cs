using System.CommandLine;
using System.Globalization;
using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Commands;

/// <summary>Options and arguments that several commands have. Each call makes a new one: a symbol belongs to one command.</summary>
internal static class SharedOptions
{
    public const string JsonName = "--json";

    public static Option<bool> Json() => new(JsonName) { Description = "Write one JSON object to stdout and everything else to stderr." };

    public static Argument<DirectoryInfo> Model() => new("MODEL") { Description = "Model folder (holds model.json)." };

    public static Argument<FileInfo> Dataset() => new("DATASET") { Description = "Data set: a JSON file that names images and annotations (docs/data-sets.md); or a folder of photographs, which measures agreement with the model's own full result." };

    /// <summary>Whether labels are left aside.</summary>
    public static Option<bool> Agreement() => new("--agreement") { Description = "Of a set with labels: measure agreement with the model's own full result all the same. A folder of photographs has nothing else." };

    /// <summary>A comma-separated list of whole numbers from 1.</summary>
    public static Option<int[]> Integers(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "LIST",
        DefaultValueFactory = static _ => [],
        CustomParser = result =>
        {
            var words = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
            var numbers = words.Select(static word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
            if (numbers.All(static number => number > 0))
            {
                return numbers;
            }

            result.AddError($"{name} is '{result.Tokens[0].Value}'; allowed are whole numbers from 1, separated by commas.");
            return [];
        },
    };

    /// <summary>One of a few words, with an error that says which.</summary>
    /// <param name="allowed">The first is the default.</param>
    public static Option<string> Choice(string name, string description, params string[] allowed)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            DefaultValueFactory = _ => allowed[0],
            HelpName = string.Join('|', allowed),
        };
        option.CompletionSources.Add(allowed);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !allowed.Contains(result.Tokens[0].Value))
            {
                result.AddError($"{name} is '{result.Tokens[0].Value}'; allowed is {string.Join(" or ", allowed)}.");
            }
        });
        return option;
    }

    /// <summary>Of the graphs that run: fp32 unless another is named, so that results do not depend on the machine.</summary>
    public static Option<string> Precision() => Choice(
        "--precision", "Which graphs to run: int8 where 'ecom2f quantize' made them; fp16, which is slow on a CPU, where 'compile' did.", [.. GraphPrecisions.Runnable]);

    /// <summary>A number in a range, with an error that says which.</summary>
    public static Option<double> Number(string name, double fallback, double least, double most, string description)
    {
        var option = new Option<double>(name)
        {
            Description = string.Create(CultureInfo.InvariantCulture, $"{description} [{least} to {most}]"),
            DefaultValueFactory = _ => fallback,
            HelpName = "NUMBER",
        };
        option.CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            {
                return value;
            }

            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{result.Tokens[0].Value}'; allowed are numbers from {least} to {most}."));
            return fallback;
        };
        return option;
    }

    /// <summary>A whole number in a range, with an error that says which.</summary>
    public static Option<int> Integer(string name, int fallback, int least, int most, string description)
    {
        var option = new Option<int>(name)
        {
            Description = string.Create(CultureInfo.InvariantCulture, $"{description} [{least} to {most}]"),
            DefaultValueFactory = _ => fallback,
            HelpName = "NUMBER",
        };
        option.CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            {
                return value;
            }

            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{result.Tokens[0].Value}'; allowed are whole numbers from {least} to {most}."));
            return fallback;
        };
        return option;
    }
}
