"""An option that takes one value is never given two of which one is lost."""

from __future__ import annotations

from csv import DictReader
from io import StringIO

import click
import pytest

from archcost.cli.option import Option
from archcost.cli.program import COMMANDS, program
from tests.cli.program import archcost


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_ours_refuses_what_it_would_lose(name: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    others = [p.name for p in command.params if isinstance(p, click.Option) and not isinstance(p, Option)]
    assert others == []


SINGLE = [
    pytest.param(name, param.opts[0], id=f"{name} {param.opts[0]}")
    for name in COMMANDS
    for param in getattr(program.get_command(click.Context(program), name), "params", ())
    if isinstance(param, click.Option) and not (param.multiple or param.is_flag)
]


@pytest.mark.parametrize(("command", "option"), SINGLE)
def test_two_values_for_one_are_refused(command: str, option: str) -> None:
    context = click.Context(program, **program.context_settings)  # commands keep the names of help
    found = program.get_command(context, command)
    assert found is not None
    with pytest.raises(click.UsageError, match=f"^{option} is given as 16 and 17; leave out all but one"):
        found.make_context(command, [option, "16", option, "17"], parent=context)


ALL_BUT_ONE = "leave out all but one"

SAID = {
    "analyze tiny.yaml --sort macs --sort params": f"--sort is given as macs and params; {ALL_BUT_ONE}",
    "analyze tiny.yaml -o a --output=b -o c": f"--output is given as a, b and c; {ALL_BUT_ONE}",
    "analyze tiny.yaml --columns macs --columns params": "--columns is given as macs and params; "
    f"{ALL_BUT_ONE}, or write --columns macs,params",
    "analyze two_inputs.yaml --input left=1x8x8 --input right=1x8x8": "--input is given as left=1x8x8 and "
    f"right=1x8x8; {ALL_BUT_ONE}, or write --input left=1x8x8,right=1x8x8",
    "analyze tiny.yaml --input 3x8x8 --input 3x9x9": f"--input is given as 3x8x8 and 3x9x9; {ALL_BUT_ONE}",
    "analyze tiny.yaml --set width=8 --set width=9": f"--set width is given as 8 and 9; {ALL_BUT_ONE}, "
    "or write archcost compare SPEC --set width=8,9",
    "compare tiny.yaml --set width=8,16 --set width=9": f"--set width is given as 8,16 and 9; {ALL_BUT_ONE}, "
    "or write archcost compare SPEC --set width=8,16,9",
    "diff tiny.yaml tiny.yaml --base-set width=8 --base-set width=9": "--base-set width is given as 8 and 9; "
    f"{ALL_BUT_ONE}",
    "analyze tiny.yaml --limit nodes=5 --limit nodes=6": f"--limit nodes is given as 5 and 6; {ALL_BUT_ONE}",
    "rates -k 3 --kernel 5 --field 20": f"--kernel is given as 3 and 5; {ALL_BUT_ONE}, or write --kernel 3,5",
}


@pytest.mark.parametrize(("line", "said"), SAID.items())
def test_the_message_names_all_values_and_what_takes_them(line: str, said: str) -> None:
    done = archcost(*line.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"Error: {said}"


def test_the_same_value_twice_is_that_value() -> None:
    once = archcost("analyze", "tiny.yaml", "--set", "width=9", "--sort", "macs", "--limit", "nodes=500")
    words = ("--set", "width=9", "--sort", "macs", "--limit", "nodes=500")
    twice = archcost("analyze", "tiny.yaml", *words, *words, "-q", "--quiet")
    assert twice.returncode == 0
    assert twice.stdout == archcost("analyze", "tiny.yaml", *words, "-q").stdout != once.stdout


def test_both_of_two_limits_are_judged() -> None:
    limits = ("--max-macs", "1G", "--max-macs", "2G")
    done = archcost("check", "--config", "gate.yaml", "--today", "2030-01-20", *limits, "--format", "csv")
    judged = {row["limit"] for row in DictReader(StringIO(done.stdout)) if row["budget"] == "max_macs"}
    assert {"1000000000", "2000000000"} <= judged
