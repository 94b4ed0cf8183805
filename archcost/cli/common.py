"""The arguments and options that commands share, and loading what they name."""

from __future__ import annotations

import sys
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

import archcost  # which imports the reader of specs, and pydantic with it, when they are used
from archcost.cli.completion import (
    complete_file,
    complete_limit,
    complete_setting,
    complete_spec,
    complete_variant,
)
from archcost.cli.option import contradiction, filled, named_by_commas, option
from archcost.cli.output import NARROWEST, result_file, style_for
from archcost.conventions.table import CONVENTIONS
from archcost.errors import SpecError, UsageError
from archcost.limits import DEFAULT, Limits
from archcost.report.formats import RESULTS
from archcost.report.options import WriteOptions
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archcost.cli.progress import Progress
    from archcost.config.selection import SelectedSpec
    from archcost.errors import Diagnostic
    from archcost.network import Network

F = TypeVar("F", bound="Callable[..., Any]")


class Loading(TypedDict):
    """How specs are read, as `loading` options hand it over."""

    settings: dict[str, str]
    variant: tuple[str, ...]
    input_shape: str | None
    limits: Limits


def settings_given(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """`VAR=VALUE`, several times, as a mapping."""
    for text in given:
        name, equals, _ = text.partition("=")
        if not (equals and name):
            raise click.BadParameter(f"{text!r} is not VAR=VALUE, such as width=48 or depths=[3,4,6,3]")
    return _each_once(ctx, param, given)


def _each_once(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE`s as a mapping, in which each name has one value."""
    found: dict[str, str] = {}
    for text in given:
        name, _, value = (part.strip() for part in text.partition("="))
        if found.setdefault(name, value) != value:
            values = [found[name], value]
            sweep = f"archcost compare SPEC --set {name}={','.join(values)}"
            instead = sweep if param.name == "settings" else None
            raise click.UsageError(contradiction(f"{param.opts[0]} {name}", values, instead), ctx)
    return found


def _variants(_ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for name in given:
        filled(_ctx, param, name)
    return tuple(dict.fromkeys(given))


def _limits(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> Limits:
    _each_once(ctx, param, given)
    return reduce(Limits.setting, given, DEFAULT)


specs_argument = click.argument(
    "specs", metavar="SPEC...", nargs=-1, required=True, shell_complete=complete_spec
)
spec_argument = click.argument("spec", shell_complete=complete_spec)

_LOADING = (
    option(
        "--set",
        "settings",
        metavar="VAR=VALUE",
        multiple=True,
        callback=settings_given,
        shell_complete=complete_setting,
        help="Override a variable of the spec: --set width=48. Repeatable.",
    ),
    option(
        "--variant",
        metavar="NAME",
        multiple=True,
        callback=_variants,
        shell_complete=complete_variant,
        help="Choose one of the spec's variants. Repeatable, where several networks are shown.",
    ),
    option(
        "--input",
        "input_shape",
        metavar="SHAPE",
        callback=filled,
        together=named_by_commas,
        help="Another input, channels first: 3x256x256; for named inputs left=3x64x64,right=3x64x64.",
    ),
    option(
        "--limit",
        "limits",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_limits,
        shell_complete=complete_limit,
        help="Change a safety limit: --limit nodes=1000000. Repeatable.",
    ),
)


def loading(command: F) -> F:
    """Add the options that say how specs are read."""
    return reduce(lambda f, add: add(f), reversed(_LOADING), command)


def output(result: str) -> Callable[[F], F]:
    """Add `--format` with the formats of a result (the first is the default), and `--output`."""
    formats = RESULTS[result]
    options = (
        option(
            "--format",
            "-f",
            "form",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help="How to write the result.",
        ),
        option(
            "--output",
            "-o",
            metavar="FILE",
            callback=result_file,
            shell_complete=complete_file,
            help="Write to FILE, which appears whole or not at all; devices and pipes are fine.",
        ),
    )
    return lambda command: reduce(lambda f, add: add(f), reversed(options), command)


def _width(_ctx: click.Context, _param: click.Parameter, given: int | None) -> int | None:
    if given and given < NARROWEST:
        raise click.BadParameter(
            f"{given} columns are too few; there must be {NARROWEST}, or 0 for any number"
        )
    return given


width = option(
    "--width",
    metavar="N",
    type=int,
    callback=_width,
    help="Fit the text into N columns; 0 for any number. [default: the terminal's, else any number]",
)

convention = option(
    "--convention",
    metavar="NAME",
    type=click.Choice(list(CONVENTIONS)),
    help=f"Add what others count, as a number of its own: {', '.join(CONVENTIONS)}.",
)

units = option(
    "--units",
    type=click.Choice(["si", "raw"]),
    default="si",
    show_default=True,
    help="4.089 G or 4089184256.",
)
quiet = option("--quiet", "-q", is_flag=True, help="Only the result, without explanations.")


def write_options(options: Mapping[str, Any], output: str | None) -> WriteOptions:
    """How a result that goes to `output` is to be written, as a command's options of these names say."""
    given = {name: options[name] for name in WriteOptions._fields if name in options}
    return WriteOptions(**given, style=style_for(output, options["width"]))


def selections(options: Loading) -> list[SelectedSpec]:
    """How specs are to be read, for the commands that look some up in the configuration: once per variant."""
    from archcost.config.selection import SelectedSpec  # noqa: PLC0415 - few commands have a configuration

    return [
        SelectedSpec(
            path="",
            variant=variant,
            set=options["settings"],
            input=options["input_shape"],
            limits=options["limits"],
        )
        for variant in options["variant"] or (None,)
    ]


def reading(spec: str) -> str:
    """What is done while a SPEC is read; nothing where somebody types it."""
    return "" if spec == "-" and sys.stdin.isatty() else f"reading {spec}"


def load_one(spec: str, options: Loading) -> Network:
    """The network of a single SPEC.

    Raises:
        ArchcostError: it cannot be loaded.
        UsageError: there are several variants.
    """
    if len(options["variant"]) > 1:
        names = in_a_row(options["variant"])
        raise UsageError(f"--variant: this is about one network, and {names} are several; name one of them")
    return _load(spec, next(iter(options["variant"]), None), options)


def _load(spec: str, variant: str | None, options: Loading) -> Network:
    return archcost.load(
        spec,
        set=options["settings"],
        variant=variant,
        input=options["input_shape"],
        limits=options["limits"],
    )


def load_all(patterns: Sequence[str], options: Loading, doing: Progress) -> list[Network]:
    """The networks of all specs in all variants that are named. All are read before any mistake is said.

    Raises:
        NothingToAnalyzeError: a pattern matches nothing.
        SpecError: with the mistakes of all specs.
        UsageError: a request that one of the specs cannot meet.
    """
    from archcost.spec.spec_patterns import named  # noqa: PLC0415 - as above

    networks: list[Network] = []
    mistakes: list[Diagnostic] = []
    variants = options["variant"] or (None,)
    if "-" in patterns and len(variants) > 1:
        raise UsageError(
            "more than one --variant reads a spec several times, standard input (-) only once; name a file"
        )
    wanted = [*product(named(patterns), variants)]
    for spec, variant in doing.each(wanted, lambda one: reading(one[0])):
        try:
            networks.append(_load(spec, variant, options))
        except SpecError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise SpecError(dict.fromkeys(mistakes))
    return networks
