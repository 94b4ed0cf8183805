"""The program: its commands, each loaded when it is first used, and the exit code of every end."""

from __future__ import annotations

import os
import sys
import traceback
from functools import cache
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple, cast

import click
from click.shell_completion import CompletionItem, add_completion_class

from archcost import __version__
from archcost.cli.output import say
from archcost.cli.pages import PAGES, told
from archcost.cli.shells import SHELLS
from archcost.errors import ArchcostError, NothingToAnalyzeError, SpecError
from archcost.escape import one_line, visible
from archcost.overwriting import inputs_are_kept, number_of, will_write
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence


class CommandEntry(NamedTuple):
    """A command: the module that holds it as `command`, what it is for in a line, and pages about it."""

    module: str
    summary: str
    pages: tuple[str, ...]


COMMANDS = {
    "analyze": CommandEntry(
        "analyze",
        "Count what networks cost: shapes, parameters, operations, memory.",
        ("conventions", "findings", "output"),
    ),
    "explain": CommandEntry(
        "explain",
        "Derive the numbers of one node, step by step.",
        ("conventions", "kinds", "output"),
    ),
    "expand": CommandEntry(
        "expand",
        "List every node of a network, with its path and its source line.",
        ("spec-language", "output"),
    ),
    "rf": CommandEntry(
        "rf",
        "Show which input positions reach a node: receptive fields, holes, effective fields.",
        ("receptive-fields", "findings", "output"),
    ),
    "diff": CommandEntry(
        "diff",
        "Show what changed from one network to another, and why.",
        ("diff", "output"),
    ),
    "check": CommandEntry(
        "check",
        "Fail if a network is over its budget: the gate for CI.",
        ("ci", "configuration", "findings", "output"),
    ),
    "verify": CommandEntry(
        "verify",
        "Run networks in NumPy and compare what is measured with what was predicted.",
        ("verification", "output"),
    ),
    "compare": CommandEntry(
        "compare",
        "Put networks side by side: what they cost, what they see, which ones no other beats.",
        ("design-reviews", "output"),
    ),
    "fmt": CommandEntry(
        "fmt",
        "Rewrite specs in the canonical style, comments kept.",
        ("fmt",),
    ),
    "rates": CommandEntry(
        "rates",
        "Solve for dilation rates that reach a receptive field without holes.",
        ("receptive-fields", "output"),
    ),
    "import": CommandEntry(
        "import_",
        "Write the spec of a model of another framework.",
        ("importing",),
    ),
    "export": CommandEntry(
        "export",
        "Write a network as an ONNX model, without weights.",
        ("export",),
    ),
    "zoo": CommandEntry(
        "zoo",
        "List the networks that ship with archcost, or print one's spec.",
        ("zoo", "blocks", "output"),
    ),
    "schema": CommandEntry(
        "schema",
        "Print the JSON Schema of specs or of reports.",
        ("spec-language", "configuration", "python-api"),
    ),
}
"""Name -> where it lives. A new command is one file and one line here."""

WRONG, NOTHING, BUG, INTERRUPTED = 2, 3, 70, 130


class Program(click.Group):
    """A group that imports a command only to run it, so that `--help` stays light."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every command, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name in COMMANDS:
            return _loaded(COMMANDS[cmd_name])
        if not ctx.resilient_parsing:
            ctx.fail(f"there is no command '{cmd_name}'{_instead(cmd_name)}")
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, from their summaries: nothing is imported."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that start like `incomplete`; here, too, nothing is imported."""
        commands = [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]


@cache
def _loaded(entry: CommandEntry) -> click.Command:
    """A command, its help ending with the pages about it."""
    command = cast("click.Command", import_module(f"archcost.cli.{entry.module}").command)
    command.epilog = "\n\n".join(filter(None, [command.epilog, told(entry.pages)]))
    return command


def _instead(word: str) -> str:
    if word.endswith((".yaml", ".yml")) or word.startswith("zoo:"):
        return f"; to count what a spec costs: archcost analyze {word}"
    if word in {"import", "convert", "from", "load"}:
        return "; docs/coming-from.md shows how a model of another program is written as a spec"
    if near := suggest(word, COMMANDS):
        return near
    from archcost.spec.zoo import zoo_folder  # noqa: PLC0415 - no command reads specs to be found

    if word.isidentifier() and (zoo_folder() / f"{word.lower()}.yaml").is_file():
        return f"; to count what that network costs: archcost analyze zoo:{word.lower()}"
    return f"; there are {', '.join(COMMANDS)}"


@click.command(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Exit codes:
  0    done
  1    a budget, an expectation or a finding failed
  2    the spec or the usage is wrong; nothing is printed to standard output
  3    a pattern matched nothing, so there was nothing to analyze
  70   a bug in archcost

\b
Shell completion, for bash (likewise for zsh and fish):
  eval "$(_ARCHCOST_COMPLETE=bash_source archcost)"

"""
    + told(PAGES),
)
@click.version_option(__version__, prog_name="archcost")
def program() -> None:
    """Exact costs of a neural network from a YAML spec: no framework, no weights, no run.

    \b
      archcost analyze net.yaml           what it costs, layer by layer
      archcost analyze zoo:resnet50       the same for a network that ships with it
      archcost explain net.yaml conv_1    where one number comes from

    A SPEC is a file, `-` for standard input, or `zoo:NAME`.
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow


def run(args: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    for shell in SHELLS:
        add_completion_class(shell)
    try:
        with inputs_are_kept():
            will_write(number_of(sys.stdout), "the file that standard output goes to")
            code: object = program.main(list(args), prog_name="archcost", standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        _misused(error)
        return WRONG
    except ArchcostError as error:
        return _refuse(error)
    except Exception as error:  # noqa: BLE001 - whatever else arrives here is a bug, and the user should hear so
        return _bug(error)
    return code if isinstance(code, int) else 0


def _misused(error: click.ClickException) -> None:
    """A command line that click does not understand; it quotes what was given."""
    shown, message = StringIO(), error.format_message()
    error.show(shown)
    say(shown.getvalue().replace(click.unstyle(message), one_line(message)).removesuffix("\n"))


def _refuse(error: ArchcostError) -> int:
    """What the user did not get right: a spec's mistakes begin with their places, the rest with our name."""
    say(str(error) if isinstance(error, SpecError) else visible(f"archcost: {error}"))
    return NOTHING if isinstance(error, NothingToAnalyzeError) else WRONG


def _bug(error: Exception) -> int:
    if os.environ.get("ARCHCOST_DEBUG"):
        lines = "".join(traceback.format_exception(error)).splitlines()
        say("\n".join(map(visible, lines)))
    what = traceback.format_exception_only(error)[-1].strip()
    python = ".".join(map(str, sys.version_info[:3]))
    say(
        f"archcost: internal error: {visible(what)}\n"
        f"This is a bug in archcost {__version__} (Python {python}), not in your spec. Please report it to\n"
        "the project's issue tracker, with the spec, the command line and what ARCHCOST_DEBUG=1 adds."
    )
    return BUG
