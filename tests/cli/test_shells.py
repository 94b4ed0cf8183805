"""Completion in a real shell: keys go in through a terminal, and what the line has become comes out."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import SPECS, archcost

BASH = ("bash", "--norc", "--noprofile", "-i")

SETUP = """
PS1= PS2=; stty -echo; cd {specs}
eval "$(_ARCHCOST_COMPLETE=bash_source archcost)"
archcost() {{ printf '\\n>%s' "$@" >> {file}; echo >> {file}; }}
"""
"""The function stands for the program, which is completed by running it from the path."""


def completed(tmp_path: Path, *lines: str) -> list[list[str]]:
    """The words that bash makes of lines typed with tabs, each ended by a return."""
    (tmp_path / "archcost").symlink_to(Path(sys.executable).parent / "archcost")
    given = tmp_path / "given"
    setup = SETUP.format(specs=shlex.quote(str(SPECS)), file=shlex.quote(str(given)))
    keys, terminal = pty.openpty()
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("COMP_", "BASH"))}
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(  # noqa: S603 - our own lines
        BASH,
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=usual | {"PATH": path, "TERM": "dumb", "INPUTRC": os.devnull},
    ) as shell:
        os.close(terminal)
        # A line at a time, for a terminal holds 4 KiB; bash reads one after the other, as it gets to them.
        for line in [*setup.splitlines(), *lines, "exit"]:
            os.write(keys, f"{line}\n".encode())
        shell.wait(timeout=600)
    os.close(keys)
    calls = given.read_text("utf-8").split("\n\n")
    return [[word.removeprefix(">") for word in call.split("\n") if word] for call in calls]


TYPED = {
    "analyze zoo:resnet10\t": ["analyze", "zoo:resnet101"],
    "analyze zo\tlenet\t": ["analyze", "zoo:lenet5"],
    'analyze "zoo:lenet\t': ["analyze", "zoo:lenet5"],
    "compare zoo:lenet\t zoo:resnet10\t --quiet": ["compare", "zoo:lenet5", "zoo:resnet101", "--quiet"],
    "analyze tiny.yaml --set wi\t48": ["analyze", "tiny.yaml", "--set", "width=48"],
    "analyze tiny.yaml --set width=\t48": ["analyze", "tiny.yaml", "--set", "width=48"],
    "analyze --limit no\t5 tiny.yaml": ["analyze", "--limit", "nodes=5", "tiny.yaml"],
    "analyze tiny.yaml --variant=w\t -q": ["analyze", "tiny.yaml", "--variant=wide", "-q"],
    "analyze tiny.yaml --format ma\t": ["analyze", "tiny.yaml", "--format", "markdown"],
    "analyze tiny.yaml --columns=kind,para\t": ["analyze", "tiny.yaml", "--columns=kind,params"],
    "explain zoo:lenet5 --set wi\t": ["explain", "zoo:lenet5", "--set", "wi"],
    "analyze hdc.\t": ["analyze", "hdc.yaml"],
    "analyze --output=hdc.\t": ["analyze", "--output=hdc.yaml"],
}


def test_bash_ends_the_words_that_were_begun(tmp_path: Path) -> None:
    found = completed(tmp_path, *(f"archcost {line}" for line in TYPED))
    assert dict(zip(TYPED, found, strict=True)) == TYPED


@pytest.mark.parametrize(
    ("words", "place", "offered"),
    [
        # What bash has in COMP_WORDS, a line each: it parts at : and =, and the word it replaces comes last.
        ("archcost analyze zoo : lenet", 4, ["lenet5"]),
        ("archcost analyze zoo :", 3, None),
        ("archcost analyze tiny.yaml --variant = w", 5, ["wide"]),
        ("archcost analyze tiny.yaml --variant =", 4, ["wide"]),
        ("archcost analyze tiny.yaml --set wi", 4, ["width="]),
        ("archcost analyze tiny.yaml --set width =", 5, []),
        ("archcost analyze tiny.yaml --set width = 8 --variant w", 8, ["wide"]),
        ("archcost compare zoo : lenet5 zoo : vgg16_b", 7, ["vgg16_bn"]),
        ("archcost explain zoo : lenet5 zoo", 5, []),
    ],
)
def test_bash_is_offered_the_part_that_it_replaces(words: str, place: int, offered: list[str] | None) -> None:
    asked = {"COMP_WORDS": words.replace(" ", "\n"), "COMP_CWORD": str(place)}
    done = archcost(_ARCHCOST_COMPLETE="bash_complete", **asked)
    assert done.stderr == ""
    names = [line.removeprefix("plain,") for line in done.stdout.split()]
    if offered is None:
        assert len(names) > 1
        assert not any(name.startswith((":", "=", "zoo", "--")) for name in names)
    else:
        assert names == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_shells_that_part_no_words_get_whole_ones(shell: str) -> None:
    line = "archcost analyze tiny.yaml --columns=kind,para"
    place = {"zsh": "3", "fish": line.rsplit(maxsplit=1)[-1]}[shell]
    done = archcost(_ARCHCOST_COMPLETE=f"{shell}_complete", COMP_WORDS=line, COMP_CWORD=place)
    assert "--columns=kind,params" in done.stdout.replace("plain,", "").splitlines()
    assert done.stderr == ""
