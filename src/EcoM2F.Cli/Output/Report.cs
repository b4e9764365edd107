using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace EcoM2F.Cli.Output;

/// <summary>Where a command's words go: with <c>--json</c> one object on stdout and everything else on stderr; otherwise text and tables on stdout.</summary>
internal sealed class Report(bool json)
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Takes the results of a step of a longer command; null: this is the command's own.</summary>
    private Action<JsonObject>? _keep;

    private const string ErrorPrefix = "error: ";

    /// <summary>Columns if there is no terminal to ask: no table should wrap.</summary>
    private const int WidthOfPipes = 1000;

    private readonly IAnsiConsole _errors = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(Console.Error),

        // Where stdout goes says nothing about stderr, but is what the library would look at.
        Interactive = Console.IsErrorRedirected ? InteractionSupport.No : InteractionSupport.Yes,
    });

    /// <summary>For a step of a longer command: what would be its result goes to stderr as text, and to the command as an object.</summary>
    public Report Step(Action<JsonObject> keep) => new(json) { _keep = keep };

    /// <summary>Progress and warnings: never part of a result.</summary>
    public void Note(string line) => _errors.Profile.Out.Writer.WriteLine(line);

    /// <summary>One line each.</summary>
    public void Notes(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Note(line);
        }
    }

    /// <summary>Why there is no result: lines on stderr, and with <c>--json</c> an object that says the same.</summary>
    public void Errors(IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
        {
            Console.Error.WriteLine(line);
        }

        if (json)
        {
            Console.Out.WriteLine(new JsonObject { ["error"] = string.Join(' ', lines.Select(static line => line.StartsWith(ErrorPrefix, StringComparison.Ordinal) ? line[ErrorPrefix.Length..] : line)) }.ToJsonString(Relaxed));
        }
    }

    /// <summary>The command's result; shown by whichever of the two the user asked for.</summary>
    public void Result(JsonObject data, Action<IAnsiConsole> text)
    {
        if (_keep is { } keep)
        {
            keep(data);
            Show(_errors, Console.IsErrorRedirected, text);
        }
        else if (json)
        {
            Console.Out.WriteLine(data.ToJsonString(Relaxed));
        }
        else
        {
            Show(AnsiConsole.Console, Console.IsOutputRedirected, text);
        }
    }

    private static void Show(IAnsiConsole console, bool isRedirected, Action<IAnsiConsole> text)
    {
        if (isRedirected)
        {
            console.Profile.Width = WidthOfPipes;
        }

        text(console);
    }

    /// <summary>Runs work over many items with a bar on a terminal, and a line every few seconds elsewhere.</summary>
    /// <param name="status">What else is to be said of the items so far; asked for while <paramref name="work"/> advances.</param>
    public Task TrackAsync(string what, int total, Func<Action, Task> work, Func<string>? status = null) =>
        !Console.IsErrorRedirected ? BarAsync(what, total, work, status) : LinesAsync(what, total, work, status);

    private Task BarAsync(string what, int total, Func<Action, Task> work, Func<string>? status) =>
        _errors.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(what, maxValue: Math.Max(total, 1));
                var clock = Stopwatch.StartNew();
                var done = 0;
                await work(() =>
                {
                    var progress = new ProgressLine(what, ++done, total, clock.Elapsed, status?.Invoke());
                    bar.Description = Markup.Escape(progress.Short);
                    bar.Increment(1);
                });
            });

    private async Task LinesAsync(string what, int total, Func<Action, Task> work, Func<string>? status)
    {
        var every = TimeSpan.FromSeconds(5);
        var clock = Stopwatch.StartNew();
        var (done, next) = (0, every);
        await work(() =>
        {
            done++;
            if (clock.Elapsed >= next)
            {
                next = clock.Elapsed + every;
                Note(new ProgressLine(what, done, total, clock.Elapsed, status?.Invoke()).Whole);
            }
        });
    }
}
