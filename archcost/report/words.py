"""What a report says in sentences, shared by the writers that are read by people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from archcost.geometry import show
from archcost.report import tree
from archcost.report.columns import DEFAULT, text_of
from archcost.report.fit import wrapped
from archcost.report.model import field_text
from archcost.report.numbers import formatter, percent, size_in_bytes
from archcost.report.style import Style
from archcost.wording import gist, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from archcost.geometry import Shape
    from archcost.report.compared import ConventionExplanation
    from archcost.report.fields import FieldReport
    from archcost.report.model import ConventionTotal, Declared, Finding, Level, Report
    from archcost.report.numbers import Units
    from archcost.report.tree import Line

DTYPES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""Bytes of one element, by data type."""

CONVENTION = (
    "1 MAC is one multiply-accumulate of a convolution, a linear layer or a matrix product, for one sample.",
    "Padding counts like data. Bias, normalization, activations and pooling are not MACs: see operations.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a report is to look.

    Attributes:
        depth: levels of the tree; None for as many as fit on a screen.
        columns: by name, see `archcost.report.columns`; None for the writer's usual ones.
        sort: a count; its largest lines come first, without the tree. None keeps the written order.
        units: `si` (4.089 G) or `raw` (every digit).
        quiet: the table, the findings and what was declared, without explanations.
        dtype: of weights and activations, for bytes.
        style: whether to colour.
    """

    depth: int | None = None
    columns: Sequence[str] | None = None
    sort: str | None = None
    units: Units = "si"
    quiet: bool = False
    dtype: str = "float32"
    style: Style = field(default_factory=Style)

    @property
    def shown(self) -> Sequence[str]:
        """The columns of a table for reading."""
        return DEFAULT if self.columns is None else self.columns


def lines(report: Report, look: Look) -> list[Line]:
    """What a table for reading lists: a tree in written order, or single lines by size."""
    if look.sort is None:
        return tree.lines(report, look.depth)
    by = look.sort
    return sorted(tree.leaves(report, look.depth), key=lambda line: -line.counts[by])


def title(report: Report | FieldReport) -> str:
    """The network, and where it comes from."""
    variant = f", variant {report.variant}" if report.variant else ""
    return f"{report.name}{variant} ({report.path})"


def setting(report: Report) -> Iterator[str]:
    """What the numbers hold for: input, output, variables, and how many nodes were derived."""
    yield f"{named(report.inputs)} → {named(report.outputs)}"
    if report.vars:
        yield f"with {field_text(report.vars)}"
    count = len(report.nodes)
    declared = f"{len(report.declared)} of them declared (listed below)" if report.declared else "all derived"
    yield f"{count} node{'s' * (count != 1)}, {declared}"


def legend(report: Report, listed: Sequence[Line], look: Look) -> Iterator[str]:
    """What the table does not explain by itself, as far as it occurs."""
    if report.convention:
        yield from convention(report.convention)
    if "receptive_field" in look.shown:
        texts = [cell for line in listed for cell in [text_of("receptive_field", line)] if cell]
        if any("%" in text for text in texts):
            yield "Receptive field n×n (p %): only p % of its positions are read, the others are holes."
        if any("~ " in text for text in texts):
            yield "Receptive field ~ n×n: nominal, without the offsets of a deformable convolution."
        if any("all (" in text and not text.endswith("%)") for text in texts):
            yield "Receptive field all (n×n): the whole input; n×n without operations over all positions."
    if any(line.closed and line.node is None for line in listed):
        yield f"{1 + max(line.level for line in listed)} of {tree.height(report)} levels shown; see --depth."


def convention(counted: ConventionTotal | ConventionExplanation) -> list[str]:
    """What stands behind a convention's numbers, in lines as long as the other sentences."""
    return wrapped(f"{counted.name}: {counted.definition} Source: {counted.source}.", 110, hang=0)


def named(tensors: Mapping[str, Shape]) -> str:
    """Tensors in a line: `left 3×64×64, right 3×64×64`."""
    return ", ".join(f"{name} {show(shape)}" for name, shape in tensors.items())


def memory(report: Report, look: Look) -> list[tuple[str, str, str]]:
    """The three memory numbers: their names, their bytes, and what they mean."""
    totals, peak = report.totals, report.totals.peak_activations
    count = formatter(look.units)

    def amount(elements: int) -> str:
        return size_in_bytes(elements, DTYPES[look.dtype], look.units)

    buffers = f", and {amount(totals.buffers)} of running statistics" if totals.buffers else ""
    at = f", while {peak.node} runs" if peak.node else ""
    rows = [
        ("weights", amount(totals.params), f"{count(totals.params)} parameters in {look.dtype}{buffers}"),
        ("sum of activations", amount(totals.activations), "every output, if none is ever freed"),
    ]
    if peak.best == peak.as_written and peak.best_is_exact:
        return [*rows, ("peak activations", amount(peak.as_written), f"as written{at}; no order needs less")]
    proof = "no order needs less" if peak.best_is_exact else "the search was cut short, others may need less"
    return [
        *rows,
        ("peak activations", amount(peak.as_written), f"as written{at}"),
        ("", amount(peak.best), f"in the best order found; {proof}"),
    ]


def operations(report: Report, look: Look) -> str:
    """The separate counts, which are never added up."""
    counts, number = report.totals.counts(), formatter(look.units)
    names = ("multiplications", "additions", "comparisons", "divisions", "exponentials")
    parts = [f"{number(counts[name])} {name}" for name in names]
    parts[0] += " (MACs included)"
    declared = "; of what is declared, a multiplication and an addition per MAC" if report.declared else ""
    return ", ".join(parts) + declared


def heaviest(report: Report, listed: Sequence[Line]) -> Iterator[str]:
    """Which layer or group, of those that are listed, holds and does the most, and how much of the other."""
    totals = report.totals.counts()
    if not (totals["params"] and totals["macs"]):
        return
    closed = [line for line in listed if line.closed]
    largest, busiest = (
        max(closed, key=lambda line: line.counts[by] // line.times) for by in ("params", "macs")
    )
    params, macs = _shares(largest, totals)
    if largest is busiest:
        yield f"{_who(largest)} holds the most parameters ({params} %) and does the most MACs ({macs} %)."
        return
    yield f"{_who(largest)} holds {params} % of the parameters and does {macs} % of the MACs."
    params, macs = _shares(busiest, totals)
    yield f"{_who(busiest)} does {macs} % of the MACs and holds {params} % of the parameters."


def _shares(line: Line, totals: Mapping[str, int]) -> tuple[str, str]:
    """Of the parameters and of the MACs, for one of the equal items the line stands for."""
    return (
        percent(line.counts["params"] // line.times, totals["params"]),
        percent(line.counts["macs"] // line.times, totals["macs"]),
    )


def _who(line: Line) -> str:
    return f"Each of {line.path}" if line.times > 1 else line.path


NAMED = 3
"""Nodes that are named one by one where a finding is about many."""


class Remark(Protocol):
    """A finding, or anything else that says something about a place of a text."""

    @property
    def rule(self) -> str: ...  # noqa: D102 - see Finding, here and below
    @property
    def level(self) -> Level: ...  # noqa: D102
    @property
    def node(self) -> str | None: ...  # noqa: D102
    @property
    def file(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> int: ...  # noqa: D102
    @property
    def column(self) -> int: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102


R = TypeVar("R", bound=Remark)


def findings(found: Iterable[Finding], style: Style) -> list[str]:
    """A line per finding, as a compiler words it, in the order of the text; see `alike`."""
    return [compiler_line(several, style) for several in alike(found)]


def alike(found: Iterable[R], more: Callable[[R], Hashable] = lambda _: None) -> list[list[R]]:
    """Findings that are one line, together, in the order of the text.

    What a rule says of several nodes that are written at the same place (in a block that is repeated, say) is
    one line, about the first of them; the others are named. `more` tells apart what else would be lost.
    """
    groups: dict[tuple[object, ...], list[R]] = {}
    remarks = Counter[tuple[object, ...]]()
    for one in found:
        place = (one.rule, one.level, one.file, one.line, one.column, more(one))
        # A second remark about the same node is another remark.
        remarks[*place, one.node] += 1
        groups.setdefault((*place, remarks[*place, one.node]), []).append(one)
    return list(groups.values())


def compiler_line(several: Sequence[Remark], style: Style) -> str:
    """Findings that are one line, as a compiler words it."""
    first = several[0]
    level = style.paint(first.level, first.level)
    return f"{first.file}:{first.line}:{first.column}: {level}: {about_all(several)} [{first.rule}]"


def about_all(several: Sequence[Remark]) -> str:
    """The message of the first; the other nodes are named."""
    first, *others = several
    if not others:
        return first.message
    names = ", ".join(str(other.node) for other in others[:NAMED])
    return f"{first.message} (and {len(others)} more: {names}{', …' * (len(others) > NAMED)})"


def declared(layers: Iterable[Declared], *, quiet: bool = False) -> list[str]:
    """A line for each `custom` as it is written: what it states, and why.

    In a block or a repeat it is many layers: the line says how many, and adds up what they cost. Who
    wants it quiet gets a few lines, and how many more there are.
    """
    written: dict[tuple[str, int, int], list[Declared]] = {}
    for layer in layers:
        written.setdefault((layer.file, layer.line, layer.column), []).append(layer)
    lines = [_declared(alike) for alike in written.values()]
    more = len(lines) - NAMED
    return [*lines[:NAMED], f"and {more} more; without --quiet all"] if quiet and more > 1 else lines


def _declared(alike: Sequence[Declared]) -> str:
    first, count = alike[0], len(alike)
    who = first.node if count == 1 else f"{gist([layer.node for layer in alike])} ({count}×)"
    reasons = len({layer.reason for layer in alike}) - 1
    why = first.reason + (f", and {plural(reasons, 'other reason')}" if reasons else "")
    return f"{first.file}:{first.line}: {who}: {_stated([layer.declared for layer in alike])} ({why})"


def _stated(all_: Sequence[Mapping[str, object]]) -> str:
    """What one layer states; of several the sums of counts, and of the rest what all of them state alike."""
    if len(all_) == 1:
        return field_text({name: value for name, value in all_[0].items() if value is not None})
    values = {name: [one.get(name) for one in all_] for name in all_[0]}
    counts = {name: sum(cast("list[int]", v)) for name, v in values.items() if {*map(type, v)} == {int}}
    rest = {name: v for name, v in values.items() if name not in counts and v[0] is not None}
    same = {name: v[0] for name, v in rest.items() if all(value == v[0] for value in v)}
    return f"{field_text(counts)} in all" + (f"; each {field_text(same)}" if same else "")
