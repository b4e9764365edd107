using System.Diagnostics;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>
/// Has bash read the blocks of all pages, in a folder of its own and with an empty path: what it does not find it hands to a function
/// that writes down program and arguments. So quotes, variables, loops and pipes are the shell's own, and nothing is run but a few
/// programs that read.
/// </summary>
internal sealed class CommandRecorder : IDisposable
{
    private const char Between = '\x1f';
    private const char End = '\x1e';
    private const char SettingMark = '\x1d';
    private const char PlaceMark = '\x1c';

    /// <summary>A failed command is no reason to stop, a variable without a value is.</summary>
    private const string Prelude = """
        set -u
        command_not_found_handle() {
          local words=("$@") name IFS=$'\n'
          for name in $(compgen -e); do
            case $name in *__*) words+=($'\x1d'"$name=${!name}") ;; esac
          done
          IFS=$'\x1f'
          printf '%s\x1e' "${words[*]}" >> "$RECORD"
          case $1 in cat | find | grep | sed) PATH=/usr/bin:/bin exec "$@" ;; esac
        }

        """;

    private readonly TemporaryFolder _folder = new();

    public CommandRecorder()
    {
        foreach (var folder in (string[])["none", "home/.zfunc", "home/.config/fish/completions", "temporary", "photos", "out", "deploy/prometheus/rules"])
        {
            Directory.CreateDirectory(_folder[folder]);
        }

        foreach (var photo in (string[])["photo.jpg", "a.jpg", "b.jpg", Photo])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[photo])!);
            File.Copy(Path.Combine(RepositoryPaths.Root, Photo), _folder[photo]);
        }

        File.Copy(Path.Combine(RepositoryPaths.Root, Alerts), _folder[Alerts]);
        _folder.Write("out/.ecom2f-segment.json", "{}");
    }

    private static string Photo => "tests/fixtures/photos/coco_val_000785_skier.jpg";

    private static string Alerts => "deploy/prometheus/rules/alerts.yml";

    /// <summary>Where the commands would run: photographs by the names that pages use.</summary>
    public string Folder => _folder.Path;

    /// <summary>What stands in place of <c>/tmp</c>.</summary>
    public string Temporary => _folder["temporary"];

    /// <param name="blocks">Of one page: a reader types them into one shell, which keeps variables.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<IReadOnlyList<DocumentedCommand>> RecordAsync(IEnumerable<MarkdownBlock> blocks, CancellationToken cancellationToken)
    {
        var page = blocks.ToList();
        var (script, record) = (_folder["script"], _folder["record"]);
        File.Delete(record);
        var lines = page.Select(block => $"printf '\\x1c{block.Place}\\x1e' >> \"$RECORD\"\n{ShellBlocks.Script(block, Temporary)}\nwait\n");
        await File.WriteAllTextAsync(script, Prelude + string.Concat(lines), cancellationToken);
        var start = new ProcessStartInfo("/bin/bash", ["--noprofile", "--norc", script]) { WorkingDirectory = Folder, RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        start.Environment.Clear();
        start.Environment["PATH"] = _folder["none"];
        start.Environment["HOME"] = _folder["home"];
        start.Environment["RECORD"] = record;
        using var bash = Process.Start(start)!;
        bash.StandardInput.Close();
        var output = bash.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = await bash.StandardError.ReadToEndAsync(cancellationToken);
        await output;
        await bash.WaitForExitAsync(cancellationToken);

        Assert.True(error.Length == 0, $"bash on {page[0].File}: {error}");
        return Read(await File.ReadAllTextAsync(record, cancellationToken));
    }

    public void Dispose() => _folder.Dispose();

    private static List<DocumentedCommand> Read(string record)
    {
        var (place, commands) = ("", new List<DocumentedCommand>());
        foreach (var entry in record.Split(End, StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry[0] == PlaceMark)
            {
                place = entry[1..];
                continue;
            }

            var words = entry.Split(Between);
            commands.Add(new DocumentedCommand(
                place,
                [.. words.Where(static word => !word.StartsWith(SettingMark))],
                words.Where(static word => word.StartsWith(SettingMark)).Select(static word => word[1..].Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1])));
        }

        return commands;
    }
}
