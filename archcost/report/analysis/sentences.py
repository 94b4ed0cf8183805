"""What a report says in sentences, shared by the writers that are read by people."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from archcost.report.analysis.columns import shown, text_of
from archcost.results import tree
from archcost.results.report import field_text
from archcost.results.units import DTYPES
from archcost.windows.window import show
from archcost.words.findings import NAMED
from archcost.words.fit import wrapped
from archcost.words.numbers import formatter, percent, size_in_bytes
from archcost.words.wording import gist, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.by_convention import ConventionExplanation
    from archcost.results.fields import FieldReport
    from archcost.results.report import ConventionTotal, Declared, Report
    from archcost.results.tree import TableRow
    from archcost.windows.window import Shape


CONVENTION = (
    "1 MAC is one multiply-accumulate of a convolution, a linear layer or a matrix product, for one sample.",
    "Padding counts like data. Bias, normalization, activations and pooling are not MACs: see operations.",
)


def lines(report: Report, options: WriteOptions) -> list[TableRow]:
    """What a table for reading lists: a tree in written order, or single lines by size."""
    if options.sort is None:
        return tree.lines(report, options.depth)
    by = options.sort
    return sorted(tree.leaves(report, options.depth), key=lambda line: -line.counts[by])


def title(report: Report | FieldReport) -> str:
    """The network, and where it comes from."""
    variant = f", variant {report.variant}" if report.variant else ""
    return f"{report.name}{variant} ({report.path})"


def setting(report: Report) -> Iterator[str]:
    """What the numbers hold for: input, output, variables, and how many nodes were derived."""
    yield f"{named(report.inputs)} → {named(report.outputs)}"
    if report.vars:
        yield f"with {field_text(report.vars)}"
    declared = f"{len(report.declared)} of them declared (listed below)" if report.declared else "all derived"
    yield f"{plural(len(report.nodes), 'node')}, {declared}"
    if report.imported:
        yield f"imported from {report.imported}"


def legend(report: Report, listed: Sequence[TableRow], options: WriteOptions) -> Iterator[str]:
    """What the table does not explain by itself, as far as it occurs."""
    if report.convention:
        yield from convention(report.convention)
    if "receptive_field" in shown(options):
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


def memory(report: Report, options: WriteOptions) -> list[tuple[str, str, str]]:
    """The three memory numbers: their names, their bytes, and what they mean."""
    totals, peak = report.totals, report.totals.peak_activations
    count = formatter(options.units)

    def amount(elements: int) -> str:
        return size_in_bytes(elements, DTYPES[options.dtype], options.units)

    buffers = f", and {amount(totals.buffers)} of running statistics" if totals.buffers else ""
    at = f", while {peak.node} runs" if peak.node else ""
    rows = [
        ("weights", amount(totals.params), f"{count(totals.params)} parameters in {options.dtype}{buffers}"),
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


def operations(report: Report, options: WriteOptions) -> str:
    """The separate counts, which are never added up."""
    counts, number = report.totals.counts(), formatter(options.units)
    names = ("multiplications", "additions", "comparisons", "divisions", "exponentials")
    parts = [f"{number(counts[name])} {name}" for name in names]
    parts[0] += " (MACs included)"
    declared = "; of what is declared, a multiplication and an addition per MAC" if report.declared else ""
    if any(name in one.declared for one in report.declared for name in names):
        declared += ", and what it says of each"
    return ", ".join(parts) + declared


def heaviest(report: Report, listed: Sequence[TableRow]) -> Iterator[str]:
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


def masks(report: Report, options: WriteOptions) -> Iterator[str]:
    """How many of the MACs are of products that masks hide."""
    left = report.totals.unmasked_macs
    if left is not None:
        number = formatter(options.units)
        yield (
            f"Masks hide {number(report.totals.macs - left)} MACs, which are counted all the same; "
            f"without those there are {number(left)}."
        )


def _shares(line: TableRow, totals: Mapping[str, int]) -> tuple[str, str]:
    """Of the parameters and of the MACs, for one of the equal items the line stands for."""
    return (
        percent(line.counts["params"] // line.times, totals["params"]),
        percent(line.counts["macs"] // line.times, totals["macs"]),
    )


def _who(line: TableRow) -> str:
    return f"Each of {line.path}" if line.times > 1 else line.path


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
