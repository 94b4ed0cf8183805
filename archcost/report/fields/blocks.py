"""Receptive fields for people: a table of them, one node closely, and stacks of dilated convolutions."""

from __future__ import annotations

from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING

from archcost.escape import markdown
from archcost.report.analysis import sentences
from archcost.report.analysis.columns import field_size
from archcost.report.blocks import Either, Findings, Legend, Sentences, Title
from archcost.report.formats.markdown import bullets
from archcost.results.report import ReceptiveField
from archcost.windows.window import show
from archcost.words.fit import wrapped
from archcost.words.numbers import listed, percent, read_of_all, share_percent
from archcost.words.tables import Head, Table
from archcost.words.wording import few_of, plural, vector_without_positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcost.report.blocks import Block
    from archcost.report.options import WriteOptions
    from archcost.results.fields import EffectiveField, FieldReport, FieldRow, PathCounts, StackRow
    from archcost.results.report import SeenField

_LEGEND = (
    "In positions of the input. A row stands where the field changes; first centre: that of output 0.",
    "n×n (p %): only p % of its positions are read, the others are holes. all (n×n): the whole input; n×n",
)

_WITHOUT = "without operations over all positions"

_NOMINAL = "~ n×n: nominal, without the offsets of a deformable convolution."

_LONGEST = 110
"""Columns of a sentence, however many there are."""


def blocks(report: FieldReport, options: WriteOptions) -> Iterator[Block]:
    """The table of fields, the last or the chosen node closely, its picture, stacks, and findings."""
    yield Title(sentences.title(report), () if options.quiet else [sentences.named(report.inputs)])
    if not is_chosen(report):
        if not options.quiet:
            yield Legend(legend(report))
        yield changes(report)
    title, lines = close(report)
    yield Either(
        lambda: _aligned(title, lines, options.style.width),
        lambda: "\n\n".join([f"### {markdown(title)}", bullets(f"{what}: {text}" for what, text in lines)]),
    )
    if options.picture:
        yield Either(lambda: [options.picture.rstrip("\n")], str)
    yield from (Sentences(stack_lines(stack)) for stack in report.stacks)
    yield Findings(report.findings)


def _aligned(title: str, lines: Sequence[tuple[str, str]], most: int | None) -> Iterator[str]:
    yield title
    width = max((len(what) for what, _ in lines), default=0)
    for what, text in lines:
        yield from wrapped(f"  {what:<{width}}  {text}", min(most or _LONGEST, _LONGEST), width + 4)


def legend(report: FieldReport) -> tuple[str, ...]:
    """What the table of fields does not explain by itself."""
    fields = [field for row in report.nodes for field in row.receptive_fields.values()]
    without = f"{_WITHOUT}, with its stride and centre." if any(f.local for f in fields) else f"{_WITHOUT}."
    return (*_LEGEND, without, *[_NOMINAL] * any(field.certainty == "nominal" for field in fields))


def is_chosen(report: FieldReport) -> bool:
    """Whether it is about one node, of which a table would say nothing new."""
    return report.closely is not None and [row.path for row in report.nodes] == [report.closely.path]


def changes(report: FieldReport) -> Table:
    """A row for each input of each node at which the field changes."""
    rows, several = report.nodes, len(report.inputs) > 1
    effective = any(row.effective_fields or row.reason for row in rows)
    heads = [
        Head("node", least=12),
        Head("kind", rank=4, least=10, cuts="end"),
        Head("output", rank=3),
        *[Head("input", least=6)] * several,
        Head("receptive field"),
        Head("stride", rank=2),
        Head("first centre", rank=5),
        *[Head("effective field", rank=1)] * effective,
    ]
    cells = [
        [
            row.path,
            row.kind,
            show(row.output),
            *([name] * several),
            field_size(field),
            _each((field.moving or field).stride or ()),
            _each((field.moving or field).center or ()),
            *([_effective_size(row, name)] * effective),
        ]
        for row in rows
        for name, field in row.receptive_fields.items()
    ]
    return Table(heads, cells)


def _effective_size(row: FieldRow, name: str) -> str:
    if name in row.effective_fields:
        return show(row.effective_fields[name].size)
    return "too large" if row.reason else ""


def _each(values: Iterable[str]) -> str:
    """One value if all axes agree.

    >>> _each(("1/2", "1/2")), _each(("2", "4"))
    ('1/2', '2, 4')
    """
    every = list(values)
    return every[0] if len(set(every)) == 1 else ", ".join(every)


def close(report: FieldReport) -> tuple[str, list[tuple[str, str]]]:
    """What is looked at closely, then what is to be said of it, by a word."""
    row = report.closely
    if row is None:
        none = "no node has a spatial relation to an input that moves along with its position"
        return none, [("input", text) for text in [vector_without_positions(report.inputs)] if text]
    several = len(row.receptive_fields) > 1
    lines = [
        (f"{name}: {what}" if several else what, text)
        for name, whole in row.receptive_fields.items()
        for what, text in _seen(whole, row.effective_fields.get(name), report.inputs[name][1:])
    ]
    if report.deformable:
        lines.append(("nominal", _nominal(report.deformable)))
    if row.reason:
        lines.append(("effective", f"not known: {row.reason}"))
    if report.paths:
        lines += _path_lines(report.paths, "inputs" if len(report.inputs) > 1 else "input")
    return f"{row.path}: {row.kind}, output {show(row.output)}", lines


def _nominal(deformable: Sequence[str]) -> str:
    return f"without the offsets of {few_of(deformable, 1)}, which follow from the data"


def _seen(
    whole: SeenField, effective: EffectiveField | None, axes: Sequence[int]
) -> Iterator[tuple[str, str]]:
    if not isinstance(whole, ReceptiveField):
        yield "field", "unknown"
    elif field := whole.moving:
        yield from _field(field, effective, axes, whole)
    else:
        yield "field", f"{field_size(whole)}, the same at every position"


def _field(
    field: ReceptiveField, effective: EffectiveField | None, axes: Sequence[int], whole: ReceptiveField
) -> Iterator[tuple[str, str]]:
    times = _each(f"{n / size:.3g}" for n, size in zip(field.size, axes, strict=True))
    bound = "at most " if field.upper_bound else ""
    yield "field", f"{bound}{show(field.size)}, {times} times the input; {_read(field)}"
    yield "stride", _each(field.stride)
    if whole is not field:
        read = read_of_all(whole.coverage, whole.size, whole.holes)
        yield (
            "global",
            (
                "beside it, an operation over all positions; together they read "
                + (f"{read} positions" if whole.holes else "the whole input")
            ),
        )
    if effective:
        yield "effective", _effective(field, effective)


def _read(field: ReceptiveField) -> str:
    if field.holes:
        most = "at most " if field.upper_bound else ""
        read = read_of_all(field.coverage, field.size, field.holes)
        if not read:
            share = share_percent(field.coverage, field.size)
            return (
                f"the largest of any output; of a smaller one only {most}{share} % of the positions are read"
            )
        return f"{most}{read.replace(' of ', ' of its ')} positions are read"
    return "perhaps not all of it is read" if field.upper_bound else "all of it is read"


def _effective(field: ReceptiveField, effective: EffectiveField) -> str:
    share = _each(percent(e, n) for e, n in zip(effective.size, field.size, strict=True))
    deviation = _each(f"{d:.1f}" for d in effective.deviation)
    text = (
        f"{show(effective.size)}, {share} % of the field along an axis: there lie 95.45 % of the weight "
        f"(linear, uniform weights; standard deviation {deviation})"
    )
    if effective.pixels:
        text += f"; {effective.pixels:,} positions weigh more than 4.55 % of the strongest"
    return text


def _path_lines(paths: PathCounts, source: str) -> Iterator[tuple[str, str]]:
    many = f"{paths.total:,}" if paths.total < 10**15 else f"about 10^{len(str(paths.total)) - 1}"
    if paths.lengths is None or paths.modules is None:
        yield "paths", f"{many}; {paths.reason}"
        return
    way = "path leads" if paths.total == 1 else "paths lead"
    yield "paths", f"{many} {way} from the {source} to it, {_lengths(paths.lengths, 'weighted layers')}"
    if (modules := len(paths.modules) - 1) > 0:
        ways = _lengths(paths.modules, "modules")
        yield "modules", f"{modules} residual to pass or skip, {sum(paths.modules):,} ways {ways}"


def _lengths(histogram: Sequence[int], what: str) -> str:
    """The lengths there are, and the middle half.

    >>> _lengths((1, 4, 6, 4, 1), "modules")
    'through 0 to 4 modules, half of them through 1 to 3'
    """
    there = [length for length, count in enumerate(histogram) if count]
    if len(there) == 1:
        return f"through {there[0]} {what.removesuffix('s') if there[0] == 1 else what}"
    total, sums = sum(histogram), list(accumulate(histogram))
    low = next(length for length, below in enumerate(sums) if 4 * below >= total)
    high = next(length for length, below in enumerate(sums) if 4 * below >= 3 * total)
    every = f"through {there[0]} to {there[-1]} {what}"
    if (low, high) == (there[0], there[-1]):
        return every
    return f"{every}, half of them " + (f"through {low}" if low == high else f"through {low} to {high}")


def stack_lines(stack: StackRow) -> Iterator[str]:
    """What a stack of dilated convolutions reads, and what the published rules say of it."""
    yield from _of_stack(stack)
    if stack.more:
        others = "1 more stack begins" if stack.more == 1 else f"{stack.more:,} more stacks begin"
        yield f"{others} like this one and end{'s' * (stack.more == 1)} elsewhere"


def _of_stack(stack: StackRow) -> Iterator[str]:
    most = "at most " if stack.upper_bound else ""
    share = f"all {prod(stack.size):,}"
    if stack.holes:
        part = f"{share_percent(stack.coverage, stack.size)} % of up to {prod(stack.size):,}"
        share = read_of_all(stack.coverage, stack.size, stack.holes) or part
    read = f"reads {most}{share} positions of what it is given"
    if not stack.convolutions:
        yield f"stack up to {stack.node}: branches side by side, {read}"
        yield "  the published rules are for rows of layers and say nothing about it"
        return
    count = len(stack.convolutions)
    who = f"{plural(count, 'convolution')}, kernel_size {_few(stack.kernel_size)}, "
    yield f"stack up to {stack.node}: {who}dilation {_few(stack.dilation)}; {read}"
    width = max(len(verdict.rule) for verdict in stack.rules)
    for verdict in stack.rules:
        known = bool(stack.holes) or not stack.upper_bound
        wrong = known and verdict.holds is not None and verdict.holds == bool(stack.holes)
        misleads = ", and misleads here" if wrong else ""
        yield f"  {verdict.rule:<{width}}  {verdict.word}: {verdict.reason}{misleads}"


def _few(numbers: Sequence[int]) -> str:
    return listed(numbers[:1] if len(set(numbers)) == 1 else numbers)
