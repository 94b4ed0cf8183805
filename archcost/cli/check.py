"""`archcost check`: the gate."""

from __future__ import annotations

import datetime as dt
import re
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from archcost.cli.common import Loading, loading, selections, width, write_options
from archcost.cli.completion import complete_spec
from archcost.cli.formats import Output, formats, outputs, repository_root, write_all
from archcost.cli.option import filled, option
from archcost.cli.output import annotate, say, write
from archcost.cli.progress import progress
from archcost.config.bounds import BOUNDS, example
from archcost.config.configuration import flag
from archcost.errors import ArchcostError, UsageError
from archcost.escape import visible
from archcost.gate.baseline import Baseline
from archcost.gate.baseline import read as read_baseline
from archcost.report.formats import RESULTS
from archcost.report.formats import write as render
from archcost.results.units import DTYPES
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Unpack

    from archcost.config.configuration import Config
    from archcost.results.report import Level

F = TypeVar("F", bound="Callable[..., Any]")

FAILED = 1
BASELINE = "archcost-baseline.txt"
"""Where a baseline is written if nothing says otherwise: beside the configuration."""


class CheckOptions(Loading):
    """How specs are read, and what the command line says in place of the configuration."""

    against: str | None
    fail_level: Level | None
    dtype: str | None
    baseline: str | None
    write_baseline: bool
    ratchet: bool
    today: dt.datetime | None
    width: int | None
    quiet: bool


def limits(command: F) -> F:
    """Add a flag for every limit."""
    options = [
        option(
            flag(key),
            key,
            metavar="LIMIT",
            multiple=True,
            help=f"{measure.title}: {measure.meaning}. For example {example(measure)}.",
        )
        for key, measure in BOUNDS.items()
    ]
    return reduce(lambda f, add: add(f), reversed(options), command)


class Check(click.Command):
    """A command whose usage is annotated where it is wrong, if annotations are asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was given; of what cannot be read, the words tell whether annotations are asked for."""
        given = ["", *args]
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if any(_ANNOTATIONS.match(f"{before} {word}") for before, word in pairwise(given)):
                _annotate(UsageError(error.format_message()))
            raise


_ANNOTATIONS = re.compile(r"((--format|-f) |.* (--format=|-f))github(:|$)")
"""Two words of a command line that ask for them."""


def _annotate(error: ArchcostError) -> None:
    from archcost.report.judgement.github import mistakes  # noqa: PLC0415 - few checks end so

    annotate(mistakes(error, repository_root()))


@click.command(cls=Check)
@click.argument("specs", metavar="[SPEC]...", nargs=-1, shell_complete=complete_spec)
@option(
    "--config",
    metavar="FILE",
    callback=filled,
    help="The configuration. [default: the nearest archcost.yaml or pyproject.toml]",
)
@option(
    "--against",
    metavar="REF",
    callback=filled,
    help="The git revision that relative limits are relative to; REF... for where the branches parted.",
)
@limits
@option(
    "--fail-level",
    type=click.Choice(["error", "warn", "info"]),
    help="Fail from this level on. [default: error]",
)
@formats(*RESULTS["judgement"])
@loading
@option("--dtype", type=click.Choice(list(DTYPES)), help="For limits in bytes. [default: float32]")
@option("--baseline", metavar="FILE", callback=filled, help="What is known already and may not get worse.")
@option("--write-baseline", is_flag=True, help="Accept all that fails now: write it to the baseline.")
@option("--ratchet", is_flag=True, help="Take what is fixed out of the baseline.")
@option(
    "--today",
    metavar="YYYY-MM-DD",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day by which waivers are judged.",
)
@width
@option("--quiet", "-q", is_flag=True, help="Only errors, warnings and the verdict.")
def command(
    specs: tuple[str, ...],
    config: str | None,
    forms: tuple[Output, ...],
    output: str | None,
    **options: Unpack[CheckOptions],
) -> int:
    """Fail if a network is over its budget: the gate for CI.

    It fails, too, if a network misses what its spec expects, or has a finding that is an error.

    Budgets stand in archcost.yaml or in [tool.archcost] of pyproject.toml, and every limit is a flag, too.
    A limit is an amount (4.2G, 8MB), or relative to a base (+5%, +500k). A flag replaces the limits that the
    configuration has for whole networks.

    \b
      archcost check net.yaml --max-macs 4.2G --max-params 26M --max-peak 8MB --min-field 331
      archcost check                                  all specs of the configuration
      archcost check --against origin/main            with limits that are relative to it
      archcost check --format github --format markdown:summary.md

    Exit codes: 0 passed, 1 failed, 2 a spec or the configuration is wrong, 3 nothing to check.
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    try:
        return _check(specs, config, forms, output, options)
    except ArchcostError as error:
        if any(one.form == "github" for one in forms):
            _annotate(error)
        raise


def _check(
    specs: tuple[str, ...],
    config: str | None,
    forms: tuple[Output, ...],
    output: str | None,
    options: CheckOptions,
) -> int:
    """The check itself.

    Raises:
        ArchcostError: nothing can be judged.
    """
    from archcost.config.selection import select_specs  # noqa: PLC0415
    from archcost.gate.gate import Gate  # noqa: PLC0415 - `--help` needs none of what follows
    from archcost.gate.run import configured  # noqa: PLC0415

    _refuse_contradictions(options, is_placed=bool(forms or output))
    placed = outputs(forms, output, "text")
    flags = cast("Mapping[str, tuple[str, ...]]", options)  # one of each limit, besides what is named there
    settled = configured(
        config,
        budgets={key: flags[key] for key in BOUNDS},
        against=options["against"],
        fail_level=options["fail_level"],
        dtype=options["dtype"],
        baseline=options["baseline"],
        limits=options["limits"],
    )
    how = selections(options)
    wanted = select_specs(specs, how, settled)
    day = options["today"].date() if options["today"] else dt.date.today()  # noqa: DTZ011 - the user's day
    changes = options["write_baseline"] or options["ratchet"]
    baseline = _baseline(settled, changes=changes, begins=options["write_baseline"])
    is_whole = not specs and all(one.is_plain for one in how)
    with progress(quiet=options["quiet"]) as doing:
        doing.step(f"checking {plural(len(wanted), 'spec')}", 2 * len(wanted))
        judgement = Gate(settled, day, baseline).judge(
            wanted, is_whole=is_whole, patterns=specs, flags=how, tick=doing.tick
        )
    if options["write_baseline"]:
        write(baseline.rewritten(is_whole=is_whole), baseline.file)
        # A file that nobody named now is one that nobody reads the next time.
        read = "" if settled.baseline else "if the configuration names it as its `baseline`, "
        say(visible(f"wrote {baseline.file}; {read}what it lists does not fail, unless it gets worse"))
        return 0
    if options["ratchet"]:
        write(baseline.ratcheted(is_whole=is_whole), baseline.file)
        if not options["quiet"]:
            say(visible(f"{baseline.file}: {_ratcheted(baseline, is_whole=is_whole)}"))
        judgement = judgement.without("stale-baseline")
    more = {**options, "root": repository_root()}
    write_all(placed, lambda form, file: render("judgement", judgement, form, write_options(more, file)))
    return FAILED if judgement.failed else 0


def _refuse_contradictions(options: CheckOptions, *, is_placed: bool) -> None:
    """What cannot be had at once.

    Raises:
        UsageError: it was asked for.
    """
    if options["write_baseline"] and options["ratchet"]:
        raise UsageError("--write-baseline accepts what is worse and --ratchet does not; choose one of them")
    if options["write_baseline"] and is_placed:
        raise UsageError(
            "--write-baseline writes the baseline and no result; leave out --format and --output"
        )


def _ratcheted(baseline: Baseline, *, is_whole: bool) -> str:
    """What the ratchet did."""
    fixed, better = len(baseline.fixed) * is_whole, len(baseline.better)
    return (
        f"{fixed} taken out, {better} made stricter" if fixed or better else "nothing is better than accepted"
    )


def _baseline(config: Config, *, changes: bool, begins: bool) -> Baseline:
    """What was accepted so far.

    Args:
        config: where the baseline may be named.
        changes: it is about to be written.
        begins: there need not be one.

    Raises:
        UsageError: there is no such file, though it is asked for.
    """
    if config.baseline is None and not changes:
        return Baseline()
    file = config.baseline or config.folder / BASELINE
    if begins and not file.exists():
        return Baseline(str(file))
    return Baseline(str(file), read_baseline(file))
