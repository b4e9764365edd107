using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.Cli.Output;

namespace EcoM2F.Cli.Segment;

/// <summary>The i-th of n parts of a long list, i from 1. Items go to shards in turn, so that every shard sees all kinds.</summary>
internal readonly partial record struct Shard(int Index, int Count)
{
    private const string JobIndexVariable = "JOB_COMPLETION_INDEX";

    public static Shard All { get; } = new(1, 1);

    /// <param name="text"><c>i/n</c>, or <c>job/n</c>: i is JOB_COMPLETION_INDEX + 1, as Kubernetes' indexed jobs set it.</param>
    /// <exception cref="CliException">Anything else; says what is allowed.</exception>
    public static Shard Parse(string text)
    {
        var match = Pattern().Match(text);
        if (match.Success && int.TryParse(match.Groups["n"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1)
        {
            var index = match.Groups["i"].Value == "job" ? JobIndex() : int.Parse(match.Groups["i"].ValueSpan, CultureInfo.InvariantCulture);
            if (index >= 1 && index <= count)
            {
                return new Shard(index, count);
            }
        }

        throw new CliException($"--shard is '{text}'; allowed are i/n with i from 1 to n, and job/n with {JobIndexVariable} from 0 to n - 1 in the environment.");
    }

    /// <summary>Whether the item at this place of the whole list is in this part.</summary>
    public bool Takes(int position) => position % Count == Index - 1;

    private static int JobIndex() =>
        int.TryParse(Environment.GetEnvironmentVariable(JobIndexVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < int.MaxValue ? index + 1 : 0;

    [GeneratedRegex("^(?<i>[0-9]{1,9}|job)/(?<n>[0-9]{1,9})$")]
    private static partial Regex Pattern();
}
