"""What a shell offers while a command is typed. What cannot be read, or not quickly, offers nothing."""

from __future__ import annotations

import re
from functools import wraps
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from archcost.errors import ArchcostError
from archcost.escape import one_line
from archcost.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import click

    from archcost.network import Network
    from archcost.spec.yaml_reader import MappingNode, Tree

    Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _silent(complete: Complete) -> Complete:
    """The same without a word about what is wrong: who still types will be told when done."""

    @wraps(complete)
    def completing(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            return complete(ctx, param, incomplete)
        except (ArchcostError, OSError, ValueError, RecursionError):
            return []

    return completing


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]


# -- words ------------------------------------------------------------------------------------------------


def listed(names: Sequence[str]) -> Complete:
    """Names from a list, several with commas between them, each once."""

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        items = (f"{before}{comma}{name}" for name in names if name not in given and name.startswith(last))
        return [CompletionItem(item) for item in items]

    return complete


def complete_file(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, as the shell knows them."""
    return [CompletionItem(incomplete, type="file")]


def complete_limit(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of limits, up to their values."""
    return _items((f"{name}=" for name in Limits._fields), incomplete)


@_silent
def complete_spec(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Zoo names once the word says so; files until then."""
    if not incomplete.startswith("zoo:"):
        return [*_items(["zoo:"], incomplete), CompletionItem(incomplete, type="file")]
    from archcost.spec.zoo import zoo  # noqa: PLC0415 - it reads specs, which not every command does

    return _items((f"zoo:{entry.name}" for entry in zoo(DEFAULT)), incomplete)


# -- what the specs on the command line have --------------------------------------------------------------


@_silent
def complete_variant(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Variants of the specs that stand before."""
    return _items((name for root in _roots(ctx) for name in _section(root, "variants")), incomplete)


@_silent
def complete_setting(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Variables of the specs that stand before, up to their values; what they are now stands beside."""
    found = {name: value for root in _roots(ctx) for name, value in _section(root, "vars").items()}
    items = ((f"{name}=", getattr(value, "text", None)) for name, value in found.items())
    return [
        CompletionItem(name, help=now and one_line(now)) for name, now in items if name.startswith(incomplete)
    ]


@_silent
def complete_input(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of a network's inputs."""
    return _items((tensor.path for tensor in _network(ctx).inputs), incomplete)


@_silent
def complete_node(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Paths of the nodes of the spec that stands before, and of what they are grouped in."""
    paths = [node.path for node in _network(ctx)]
    return _items((part for path in paths for part in _beginnings(path)), incomplete)


def _beginnings(path: str) -> Iterator[str]:
    """A path and all groups around it, the outermost first."""
    yield from (path[:i] for i, char in enumerate(path) if char == ".")
    yield path


def _specs(ctx: click.Context) -> list[str]:
    """The specs that were typed so far. Standard input is not there yet."""
    # Behind an option that still lacks its value, click has not given the arguments their names.
    given = ctx.params.get("specs") or ctx.params.get("spec") or ctx.args
    specs: Sequence[str] = [given] if isinstance(given, str) else given
    single = not any(param.name == "specs" for param in ctx.command.params)
    return [spec for spec in (specs[:1] if single else specs) if spec != "-"]


def _roots(ctx: click.Context) -> Iterator[MappingNode]:
    """What these specs say, as it is written: nothing is expanded."""
    from archcost.spec.opened import open_spec  # noqa: PLC0415 - it reads specs, which not every command does
    from archcost.spec.spec_patterns import named  # noqa: PLC0415 - likewise
    from archcost.spec.yaml_reader import MappingNode, read  # noqa: PLC0415 - likewise

    for spec in named(_specs(ctx)):
        opened = open_spec(spec, DEFAULT)
        root = read(opened.data, opened.name, DEFAULT)
        if isinstance(root, MappingNode):
            yield root


def _section(root: MappingNode, name: str) -> Mapping[str, Tree]:
    """What stands under a key of a spec. A name that it cannot have is not offered: shells insert what is."""
    from archcost.spec.yaml_reader import MappingNode  # noqa: PLC0415 - as above

    section = root.get(name)
    entries = section.entries if isinstance(section, MappingNode) else ()
    return {one.key.text: one.value for one in entries if re.fullmatch(r"[A-Za-z0-9_.-]+", one.key.text)}


def _network(ctx: click.Context) -> Network:
    """The spec that stands before, read as the options before ask for.

    Raises:
        ArchcostError: there is none, or it cannot be read.
    """
    import archcost  # noqa: PLC0415 - as above

    given = ctx.params
    for spec in _specs(ctx):
        return archcost.load(
            spec,
            set=given.get("settings") or {},
            variant=_first(given.get("variant")),
            input=given.get("input_shape"),
            limits=given.get("limits") or DEFAULT,
        )
    raise ArchcostError


def _first(variant: str | Sequence[str] | None) -> str | None:
    return variant if isinstance(variant, str) else next(iter(variant or ()), None)
