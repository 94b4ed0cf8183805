"""What shells run while a command is typed, where click's own scripts fail on `zoo:NAME` and `width=48`.

click's bash script hands over what bash parted at `:` and `=`, its zsh script ends every word with a blank,
its fish script drops what follows a comma and finds no file behind `--output=` or `json:`, and none of them
gets `--option=value` as the word that is there.
"""

from __future__ import annotations

import os
from itertools import pairwise

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

_BREAKS = frozenset(":=@")
"""Where bash ends a word in the middle of ours, as it comes: see COMP_WORDBREAKS."""

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' kind value

    COMPREPLY=()
    while IFS=',' read -r kind value; do
        if [[ $kind == plain ]]; then
            COMPREPLY+=("$value")
            [[ $value == *[=:] ]] && compopt -o nospace
        elif [[ $value && ${#COMPREPLY[@]} -gt 0 ]]; then
            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$value")
        else
            COMPREPLY=()
            compopt -o default
        fi
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1")

    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a response whole part whole_told part_told
    local kind value told
    (( ! $+commands[%(prog_name)s] )) && return 1

    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
%(complete_var)s=zsh_complete %(prog_name)s)}")

    for kind value told in ${response}; do
        if [[ $kind == file ]]; then
            compset -P '--*='
            _path_files -f
        elif [[ $told == _ ]]; then
            [[ $value == *[=:] ]] && part+=("$value") || whole+=("$value")
        else
            [[ $value == *[=:] ]] && part_told+=("$value:$told") || whole_told+=("$value:$told")
        fi
    done

    (( $#whole_told )) && _describe -V unsorted whole_told -U
    (( $#part_told )) && _describe -V unsorted part_told -U -S ''
    (( $#whole )) && compadd -U -V unsorted -a whole
    (( $#part )) && compadd -U -V unsorted -S '' -a part
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH_FILES = """\
set -l path (string replace -r -- '^--[^=]*=' '' $metadata[2]);
            set -l word (commandline -ct);
            set -l begun (math (string length -- $word) - (string length -- $path));
            printf '%%s\\n' (string sub -l $begun -- $word)(__fish_complete_path $path);
"""
"""Files, each behind what the word begins with."""


class _Whole(ShellComplete):
    """Offers whole words: click leaves `--option=` out, with which they begin for these shells."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """What may stand in place of `incomplete`."""
        option, equals, _ = incomplete.partition("=")
        before = option + equals if option.startswith("--") and equals else ""
        items = super().get_completions(args, incomplete)
        return [CompletionItem(before + item.value, item.type, item.help) for item in items]


class Bash(_Whole, BashComplete):
    """Puts together what bash parts, and offers the part of it that bash replaces."""

    source_template = _BASH
    _there = 0
    """Characters of the word that bash leaves as they are."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, without the command's, and that one."""
        place = int(os.environ["COMP_CWORD"])
        given = split_arg_string(os.environ["COMP_WORDS"])[: place + 1]
        parts = given if len(given) > place else [*given, ""]
        _, *words, last = _joined(parts)
        self._there = len(last) - (0 if _is_break(parts[-1]) else len(parts[-1]))
        return words, last

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Without a word that is there already: bash would put a blank behind it."""
        items = super().get_completions(args, incomplete)
        return [item for item in items if item.type != "plain" or item.value[self._there :]]

    def format_completion(self, item: CompletionItem) -> str:
        """Its type and what is left of it to write."""
        return f"{item.type},{item.value[self._there :]}"


class Zsh(_Whole, ZshComplete):
    """Ends a word with a blank only where it is whole."""

    source_template = _ZSH


class Fish(_Whole, FishComplete):
    """Knows by itself that `=` and `:` end no word."""

    source_template = FishComplete.source_template.replace(
        'string split ","', 'string split -m 1 ","'
    ).replace("__fish_complete_path $metadata[2];", _FISH_FILES)


SHELLS: tuple[type[ShellComplete], ...] = (Bash, Zsh, Fish)
"""Those that ask in our way."""


def _is_break(part: str) -> bool:
    return bool(part) and _BREAKS.issuperset(part)


def _joined(parts: list[str]) -> list[str]:
    """Words as they were typed: what stands beside a break belongs to it."""
    words = parts[:1]
    for before, part in pairwise(parts):
        if _is_break(part) or _is_break(before):
            words[-1] += part
        else:
            words.append(part)
    return words
