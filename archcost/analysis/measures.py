"""The numbers by which networks are compared and judged, one list for `compare`, `diff` and `check`."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from archcost.analysis.analyze import analyze
from archcost.passes.paths import depth
from archcost.results.comparison import Seen
from archcost.results.report import COUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcost.network import Input, Network, Node
    from archcost.results.report import NodeRow, ReceptiveField, Report, SeenField

Number = int | float

N = TypeVar("N", int, float)


class Subject:
    """A network under review: what `analyze` says of it, and what only its graph can tell.

    Attributes:
        label: what the user calls it, a path with its variant or settings.
        network: the network.
        report: its analysis.
    """

    def __init__(self, network: Network, label: str | None = None) -> None:
        variant = f" ({network.variant})" if network.variant else ""
        self.label = label or f"{network.path}{variant}"
        self.network = network
        self.report: Report = analyze(network)

    def __repr__(self) -> str:
        return f"<Subject {self.label}>"

    @cached_property
    def depth(self) -> int:
        """Weighted layers on the longest path."""
        return depth(self.network)

    @cached_property
    def blocks(self) -> Mapping[str, tuple[NodeRow, ...]]:
        """The rows of every group, and of every node by itself, by path; the groups first."""
        found = {group.path: list["NodeRow"]() for group in self.report.groups}
        for row in self.report.nodes:
            around = row.path
            while around := around.rpartition(".")[0]:
                found[around].append(row)
            # The path of a node is one of a group, too, if something lies below it.
            found.setdefault(row.path, []).append(row)
        return {path: tuple(rows) for path, rows in found.items()}

    @cached_property
    def sights(self) -> tuple[Seen, ...]:
        """What each output sees of each input.

        The field of a classifier's output is the whole input, whatever the network. What tells networks apart
        is the field of the last map before that: of the output itself without what looks at all positions, or
        if nothing is left then, of what it reads.

        >>> from archcost import load
        >>> Subject(load("zoo:resnet50")).sights[0].size
        (427, 427)
        """
        return tuple(
            sight for name, tensor in self.network.outputs.items() for sight in self._of(name, tensor)
        )

    def _of(self, name: str, tensor: Node | Input) -> Iterator[Seen]:
        fields: dict[str, list[ReceptiveField]] = {}
        unknown: set[str] = set()
        for row in self._last_maps(tensor):
            for source, field in fields_seen(row, self.network.inputs[0].path).items():
                if field.certainty == "unknown":
                    unknown.add(source)
                if field.moving:
                    fields.setdefault(source, []).append(field.moving)
        whole = tensor.path not in self._rows or _is_global(self._rows[tensor.path])
        for source in sorted({*fields, *unknown}, key=self._places.__getitem__):
            yield _seen(name, source, None if source in unknown else fields[source], is_global=whole)

    @cached_property
    def _places(self) -> dict[str, int]:
        """Which input of the spec has a name. There may be thousands, and an output sees few of them."""
        return {source.path: i for i, source in enumerate(self.network.inputs)}

    def _last_maps(self, tensor: Node | Input) -> Iterator[NodeRow]:
        """The nearest nodes at or before a tensor that see a part of an input, or nobody knows what."""
        waiting, known = [tensor.path], {tensor.path}
        while waiting:
            row = self._rows.get(waiting.pop())
            if row is None:
                continue
            if any(field.moving or field.certainty == "unknown" for field in fields_seen(row, "").values()):
                yield row
                continue
            waiting += [path for path in row.inputs if path not in known]
            known.update(row.inputs)

    @cached_property
    def _rows(self) -> dict[str, NodeRow]:
        return {row.path: row for row in self.report.nodes}


def _seen(output: str, source: str, found: Sequence[ReceptiveField] | None, *, is_global: bool) -> Seen:
    """The largest of some fields, as large as the coverage is small; None if one of them is unknown."""
    bounds = found is not None and any(field.upper_bound for field in found)
    nominal = found is not None and any(field.certainty == "nominal" for field in found)
    return Seen(
        output=output,
        input=source,
        certainty="unknown" if found is None else "nominal" if nominal else "at_most" if bounds else "exact",
        size=None if found is None else tuple(map(max, zip(*(field.size for field in found), strict=True))),
        coverage=None if found is None else min(field.coverage for field in found),
        upper_bound=bounds,
        is_global=is_global,
    )


def fields_seen(row: NodeRow, only: str) -> Mapping[str, SeenField]:
    """The fields of a node by input; `only` is the name of the network's only one."""
    if row.receptive_fields is not None:
        return row.receptive_fields
    return {only: row.receptive_field} if row.receptive_field else {}


def _is_global(row: NodeRow) -> bool:
    fields = fields_seen(row, "")
    return not fields or any(field.is_global for field in fields.values())


Unit = Literal["operations", "elements", "positions", "share", "layers"]


class Measure(NamedTuple):
    """One number of a network.

    Attributes:
        name: as options, files and JSON call it.
        title: as a table or a sentence does.
        unit: what is counted. Elements are bytes, too, once their data type is known.
        meaning: in a few words.
        of: its value; None where the network has none. A field has one number per axis: this is the smallest.
    """

    name: str
    title: str
    unit: Unit
    meaning: str
    of: Callable[[Subject], Number | None]

    @property
    def less_is_better(self) -> bool:
        """Whether it is a cost, with a maximum; of what a network sees there is a minimum."""
        return self.unit not in ("positions", "share")


def _count(name: str, subject: Subject) -> int:
    return getattr(subject.report.totals, name)


def _peak(subject: Subject) -> int:
    return subject.report.totals.peak_activations.as_written


def _best_peak(subject: Subject) -> int:
    return subject.report.totals.peak_activations.best


def _field(subject: Subject) -> int | None:
    sizes = [min(sight.size) if sight.size else None for sight in subject.sights]
    return _least(sizes)


def _coverage(subject: Subject) -> float | None:
    return _least([sight.coverage for sight in subject.sights])


def _least(values: Sequence[N | None]) -> N | None:
    """The smallest; None if there is none, or one is not known."""
    known = [value for value in values if value is not None]
    return min(known) if known and len(known) == len(values) else None


def _depth(subject: Subject) -> int:
    return subject.depth


_ELEMENTS = ("params", "buffers", "activations", "memory_access")
_TITLES = {"params": "parameters", "macs": "MACs", "memory_access": "memory access"}
_MEANINGS = {
    "params": "elements of learned tensors, shared ones once",
    "buffers": "elements of running statistics",
    "macs": "multiply-accumulates of convolutions, linear layers and matrix products",
    "multiplications": "all of them, the MACs included",
    "additions": "all of them",
    "comparisons": "of max pooling, ReLU and the like",
    "divisions": "all of them",
    "exponentials": "exp, log, tanh, erf, power and square root",
    "activations": "elements of all outputs",
    "memory_access": "elements read and written, each layer's inputs, weights and output once",
}

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        *(
            Measure(
                name=name,
                title=_TITLES.get(name, name),
                unit="elements" if name in _ELEMENTS else "operations",
                meaning=_MEANINGS[name],
                of=partial(_count, name),
            )
            for name in COUNTS
        ),
        Measure("peak", "peak activations", "elements", "alive at once, in the order of the spec", _peak),
        Measure("best_peak", "best peak", "elements", "alive at once, in the best order found", _best_peak),
        Measure(
            "field",
            "receptive field",
            "positions",
            "of the last map before anything looks at all positions",
            _field,
        ),
        Measure("coverage", "coverage", "share", "of that field that is read", _coverage),
        Measure("depth", "depth", "layers", "weighted layers on the longest path", _depth),
    )
}
"""Name -> measure. The counts are those of every report; they can be summed over a part of a network."""
