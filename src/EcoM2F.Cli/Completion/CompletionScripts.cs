namespace EcoM2F.Cli.Completion;

/// <summary>
/// Scripts that make a shell ask the program itself what may come next (System.CommandLine's directive <c>[suggest:POSITION]</c>), so they need no
/// change when options do. Where the program knows nothing, and where an option was not begun, the shell offers files. Words with a slash are help as Windows has it.
/// </summary>
internal static class CompletionScripts
{
    /// <summary>By shell.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["bash"] = """
            # ecom2f completion bash: source this, or save it as /etc/bash_completion.d/ecom2f
            _ecom2f()
            {
                local IFS=$'\n'
                local word="${COMP_WORDS[COMP_CWORD]}"
                local found="$(ecom2f "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)"
                if [[ "${word}" != -* ]]; then
                    found="$(printf '%s\n' "${found}" | command grep -v '^[-/]')"
                fi
                COMPREPLY=($(compgen -W "${found}" -- "${word}"))
            }
            complete -o default -F _ecom2f ecom2f

            """,
        ["zsh"] = """
            #compdef ecom2f
            # ecom2f completion zsh: save it as _ecom2f in a folder of $fpath, or source it after compinit
            _ecom2f()
            {
                local -a found
                found=("${(@f)$(ecom2f "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
                found=("${(@)found:#}")
                if [[ "${words[CURRENT]}" != -* ]]; then
                    found=("${(@)found:#[-/]*}")
                fi
                compadd -a found || _files
            }
            if [[ "${funcstack[1]}" == _ecom2f ]]; then
                _ecom2f "$@"
            else
                compdef _ecom2f ecom2f
            fi

            """,
        ["fish"] = """
            # ecom2f completion fish: save it as ~/.config/fish/completions/ecom2f.fish
            function __ecom2f_complete
                set -l word (commandline -ct)
                set -l line (commandline -cp)
                set -l found (ecom2f "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
                if string match -q -- '-*' "$word"
                    printf '%s\n' $found
                else
                    printf '%s\n' $found | string match -rv -- '^[-/]'
                end
            end
            complete -c ecom2f -a '(__ecom2f_complete)'

            """,
    };
}
