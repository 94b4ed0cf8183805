"""A file of another framework as the text of a spec, and how faithful that is.

The spec is rolled up, loaded and compared with one that has an item per operation. Of those that have the
same graph the shortest is taken: less rolled up where rolling would change something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import ModelFileError, SpecError
from archcost.importing.conversion import conversion
from archcost.importing.formats import Graph, format_of
from archcost.importing.shortest import shortest
from archcost.limits import DEFAULT
from archcost.passes.cost import costs
from archcost.source import Origin
from archcost.spec.load import load_opened, load_text
from archcost.spec.opened import Opened
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcost.importing.formats import Format, Text
    from archcost.network import Network
    from archcost.windows.window import Shape


class Imported(NamedTuple):
    """What became of a file.

    Attributes:
        text: of the spec.
        nodes: of the network.
        parameters: learned numbers of its layers.
        unread: learned numbers of the file that no operation reads; None if the file has no numbers.
        notes: what else is to be known.
        origin: where in the file each line is said.
        is_fixed: the file says its sizes, and has no variables.
        variant: the one of its networks that this is, if it has several.
        networks: the names of all of them, where one has to be chosen.
    """

    text: str
    nodes: int
    parameters: int
    unread: int | None
    notes: tuple[str, ...] = ()
    origin: Origin = Origin()
    is_fixed: bool = True
    variant: str | None = None
    networks: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """What the spec says, for `analyze`, `explain`, `verify` and the like."""
        return load_text(self.text, "<imported>")

    @property
    def lines(self) -> int:
        """Lines of the spec."""
        return self.text.count("\n")

    def sentence(self) -> str:
        """How faithful it is, in a line.

        >>> Imported("archcost: 1" + chr(10), 3, 25557032, 0).sentence()
        '3 nodes, 1 lines; 25,557,032 parameters, as in the file; the spec read again gives the same graph'
        """
        same = ["the spec read again gives the same graph"] if self.is_fixed else []
        return "; ".join([f"{self.nodes:,} nodes, {self.lines:,} lines", self.faithful, *same])

    @property
    def faithful(self) -> str:
        """How it compares with what the file says of itself."""
        kept = f"{self.parameters:,} parameters"
        if self.unread is not None:
            kept += ", as in the file"
        if self.unread:
            kept += f", and {self.unread:,} more that no operation of it reads"
        return "; ".join([kept, *self.notes])


def imported(
    path: Path,
    *,
    flat: bool = False,
    allow_declared: bool = False,
    given: Mapping[str, Shape] | None = None,
    variant: str | None = None,
) -> Imported:
    """The spec of a model.

    Args:
        path: a file of one of the `FORMATS`.
        flat: an item for every operation, as they come.
        allow_declared: what is not understood becomes a `custom` layer, without its MACs.
        given: shapes of inputs whose sizes the file leaves open.
        variant: which of the networks that the file holds.

    Raises:
        ModelFileError: the file cannot be read, or holds what is not understood.
    """
    form = format_of(path)
    source = form.reader().read(path, given or {})
    return (
        _converted(path, source, form, flat=flat, allow_declared=allow_declared)
        if isinstance(source, Graph)
        else _stated(path, source, variant)
    )


def _stated(path: Path, source: Text, variant: str | None) -> Imported:
    """The spec of a file that says its network in words."""
    if source.choices:
        if variant is None and len(source.choices) == 1:
            (variant,) = source.choices
        if variant is None or variant not in source.choices:
            which = f"--variant {variant}: it has no such network" if variant else "it holds several networks"
            names = " or ".join(f"--variant {name}" for name in source.choices)
            raise ModelFileError(path, f"{which}; name one: {names}")
        chosen = _stated(path, source.choices[variant]._replace(variant=variant), None)
        return chosen._replace(networks=(*source.choices,))
    data, name = source.text.encode(), str(path)
    opened = Opened(data, name, path.parent, variant=source.variant, origin=source.origin)
    try:
        network = load_opened(opened, name, {}, variant, None, DEFAULT)
    except SpecError as error:
        first = error.diagnostics[0]
        why = f"its layers do not fit together: {first.message}"
        raise ModelFileError(path, why, first.place.shown) from None
    parameters = sum(cost.params for cost in costs(network))
    if source.parameters not in {None, parameters}:
        raise ModelFileError(
            path, f"it states {source.parameters:,} learned numbers, but the layers have {parameters:,}"
        )
    found = Imported(source.text, len(network), parameters, None, source.notes)
    return found._replace(origin=source.origin, is_fixed=False, variant=source.variant)


def _converted(path: Path, source: Graph, form: Format, *, flat: bool, allow_declared: bool) -> Imported:
    """The spec of a graph."""
    model = source.model
    plain = conversion(path, source, form, allow_declared=allow_declared)
    declared = sum(item.kind == "custom" for item in plain.converted.items)
    notes = (*model.notes, *([_declared(declared)] if declared else []))
    best = Imported(plain.text, len(plain.network), plain.parameters, model.unread, notes)
    return best if flat else best._replace(text=shortest(path, model, plain))


def _declared(several: int) -> str:
    return f"{plural(several, 'layer')} declared as custom, whose MACs are to be filled in"
