"""`archcost diff`: what changed, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archcost.cli.common import (
    Loading,
    load_one,
    loading,
    selections,
    settings_given,
    units,
    width,
    write_options,
)
from archcost.cli.completion import complete_setting, complete_spec, complete_variant
from archcost.cli.formats import Output, formats, outputs, write_all
from archcost.cli.option import option
from archcost.cli.progress import progress
from archcost.errors import SpecError, UsageError
from archcost.report.formats import RESULTS
from archcost.report.formats import write as render

if TYPE_CHECKING:
    from typing import Unpack

    from archcost.config.configuration import Config
    from archcost.errors import Diagnostic
    from archcost.network import Network
    from archcost.results.difference import Diff
    from archcost.words.numbers import Units


class DiffOptions(Loading):
    """How specs are read, the base in particular, and how the result is to look."""

    base_settings: dict[str, str]
    base_variant: str | None
    base_input: str | None
    depth: int | None
    units: Units
    width: int | None
    quiet: bool


@click.command
@click.argument("specs", metavar="[BASE HEAD] | [SPEC]...", nargs=-1, shell_complete=complete_spec)
@option(
    "--against",
    metavar="REF",
    help="Compare each SPEC with itself at a git revision: a branch, a tag, a commit, or REF... for where "
    "the branches parted.",
)
@option(
    "--config",
    metavar="FILE",
    help="Where `specs` and `against` may stand. [default: the nearest archcost.yaml or pyproject.toml]",
)
@formats(*RESULTS["difference"])
@loading
@option(
    "--base-set",
    "base_settings",
    metavar="VAR=VALUE",
    multiple=True,
    callback=settings_given,
    shell_complete=complete_setting,
    help="Override a variable of BASE alone. Repeatable.",
)
@option(
    "--base-variant",
    metavar="NAME",
    shell_complete=complete_variant,
    help="Choose a variant of BASE alone.",
)
@option("--base-input", metavar="SHAPE", help="Another input of BASE alone.")
@option(
    "--depth",
    metavar="N",
    type=click.IntRange(min=1),
    help="Also say where the difference is, by the first N segments of paths.",
)
@units
@width
@option("--quiet", "-q", is_flag=True, help="Only the totals and the causes, without layers.")
def command(
    specs: tuple[str, ...],
    against: str | None,
    config: str | None,
    forms: tuple[Output, ...],
    output: str | None,
    **options: Unpack[DiffOptions],
) -> None:
    """Show what changed from one network to another, and why.

    Layers are matched by their names and by what they are, so that one that was inserted shifts nothing. A
    layer that differs only because of what arrives is booked under the cause: a changed layer, a variable, an
    input. What is booked adds up to the difference of the totals. Differences change no exit code.

    \b
      archcost diff old.yaml new.yaml
      archcost diff zoo:resnet50 zoo:resnet50_v1
      archcost diff net.yaml net.yaml --base-set width=32 --set width=64
      archcost diff --against origin/main net.yaml
      archcost diff --against HEAD~1                 all specs of the configuration
      archcost diff --against origin/main... --format table --format markdown:summary.md

    --set, --variant and --input hold for both sides.
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    placed = outputs(forms, output, "table")
    with progress(quiet=options["quiet"]) as doing:
        doing.step("comparing")
        found = _differences(specs, against, config, options)
    write_all(placed, lambda form, file: render("difference", found, form, write_options(options, file)))


def _differences(
    specs: tuple[str, ...], against: str | None, config: str | None, options: DiffOptions
) -> list[Diff]:
    if against is None and len(specs) == 2:
        if len(options["variant"]) > 1 and "-" in specs:
            raise UsageError("more than one --variant reads standard input (-) several times; name a file")
        return [_two(*specs, options, variant) for variant in options["variant"] or (None,)]
    if options["base_settings"] or options["base_variant"] or options["base_input"]:
        raise UsageError("--base-set, --base-variant and --base-input are for two specs: BASE HEAD")
    from archcost.config.read import find_config, read_config  # noqa: PLC0415 - two specs need none

    found = read_config(Path(config) if config else find_config(Path.cwd()), options["limits"])
    return _since(against or found.against, specs, found, options)


def _since(ref: str | None, specs: tuple[str, ...], config: Config, options: DiffOptions) -> list[Diff]:
    """The specs and what they were at a revision."""
    from archcost.review.since_revision import diffs_against  # noqa: PLC0415 - `--help` needs no git

    if ref is None:
        raise UsageError("name two specs, BASE and HEAD, or a git revision: --against REF [SPEC]...")
    return diffs_against(ref, specs, selections(options), config)


def _two(base: str, head: str, options: DiffOptions, variant: str | None) -> Diff:
    from archcost.review.diff import diff  # noqa: PLC0415 - `--help` needs no analysis

    if base == head == "-":
        raise UsageError("standard input (-) can be read only once")
    before: DiffOptions = {
        **options,
        "settings": options["settings"] | options["base_settings"],
        "variant": _one(options["base_variant"] or variant),
        "input_shape": options["base_input"] or options["input_shape"],
    }
    networks: list[Network] = []
    mistakes: list[Diagnostic] = []
    after: DiffOptions = {**options, "variant": _one(variant)}
    for spec, how in ((base, before), (head, after)):
        try:
            networks.append(load_one(spec, how))
        except SpecError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise SpecError(dict.fromkeys(mistakes))
    return diff(*networks)


def _one(variant: str | None) -> tuple[str, ...]:
    return () if variant is None else (variant,)
