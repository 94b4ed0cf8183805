"""An explanation for people: derivations line by line, sums as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.escape import code, markdown
from archcost.layers.base import Operations
from archcost.report.analysis import sentences
from archcost.report.analysis.columns import field_size
from archcost.report.blocks import Either
from archcost.report.formats.markdown import fenced
from archcost.results.explanation import NodeExplanation
from archcost.results.report import NodeRow, add_up, field_text
from archcost.windows.window import show
from archcost.words.fit import paragraph, width, wrapped
from archcost.words.style import Style
from archcost.words.tables import Head, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.blocks import Block
    from archcost.report.options import WriteOptions
    from archcost.results.by_convention import ConventionExplanation, KindComparison
    from archcost.results.derivation import AxisDerivation, DerivationStep
    from archcost.results.explanation import GroupExplanation, Tensor
    from archcost.results.report import GroupRow, Masked


def blocks(explained: NodeExplanation | GroupExplanation, options: WriteOptions) -> Iterator[Block]:
    """The node, derived, or the group as the sum of its parts; then what a convention counts."""
    style = options.style
    yield from _node(explained, style) if isinstance(explained, NodeExplanation) else _group(explained, style)
    if found := explained.convention:
        said = sentences.convention(found)
        yield Either(lambda: _bold_first(said, style), lambda: markdown(" ".join(said)))
        if found.steps:
            yield Either(
                lambda: [f"  {line}".rstrip() for line in _steps(found.steps, style)],
                lambda: fenced(_steps(found.steps, Style())),
            )
        else:
            yield _kinds(found)


def _bold_first(lines: Sequence[str], style: Style) -> list[str]:
    first, *rest = paragraph(lines, style.width)
    return [style.paint(first, "bold"), *rest]


def _node(node: NodeExplanation, style: Style) -> Iterator[Block]:
    place = f"{node.file}:{node.line}:{node.column}"
    yield Either(
        lambda: [
            style.paint(f"{node.path}: {node.kind}", "bold"),
            f"  {node.summary}",
            style.paint(f"  written at {place}", "dim"),
        ],
        lambda: (
            f"## {code(node.path)}: {markdown(node.kind)}\n\n"
            f"{markdown(node.summary)} Written at {code(place)}."
        ),
    )
    yield Either(lambda: _sections(node, style), lambda: fenced(_sections(node, Style())))


def _sections(node: NodeExplanation, style: Style) -> Iterator[str]:
    """What is known of a node, each in lines of its own below a word."""
    sections = {
        "fields": [field_text(node.fields)] if node.fields else [],
        "inputs": [f"{tensor.name} {show(tensor.shape)}" for tensor in node.inputs],
        "output": [show(node.output)],
        "window": [line for axis in node.window for line in _axis(axis, style)],
        "field": list(_fields(node, style)),
        "weights": list(_weights(node)),
        "buffers": list(map(_tensor, node.buffers)),
        "terms": _steps(node.terms, style),
        "counts": [*_steps(node.counts, style), *_zeros(node.counts)],
        "mask": [_mask(node, node.masked)] if node.masked else [],
        "reference": [node.reference] if node.reference else [],
    }
    for name, lines in sections.items():
        for i, line in enumerate(lines):
            hang = 13 + len(line) - len(line.lstrip(" "))
            yield from wrapped(f"{'' if i else name:<10} {line}".rstrip(), style.width, hang)


def _fields(node: NodeExplanation, style: Style) -> Iterator[str]:
    for name, field in node.receptive_fields.items():
        if field.size is None:
            yield f"unknown in {name}: on some way to it, nobody knows what is read"
            continue
        centre, stride = ("×".join(values) for values in (field.center, field.stride))
        where = f"every {stride}, the first around {centre}"
        why = "an operation over all positions lies on the way"
        yield f"{field_size(field)} of {name}, {why if field.is_global else where}"
    yield from (line for axis in node.seen for line in _axis(axis, style))


def _axis(axis: AxisDerivation, style: Style) -> Iterator[str]:
    yield f"{', '.join(axis.axes)}:"
    yield from (f"  {line}" for line in _steps(axis.steps, style))
    if axis.note:
        yield f"  {axis.note}"


def _steps(steps: Sequence[DerivationStep], style: Style) -> list[str]:
    """A line for each, what it means on the right, or below where there is no room."""
    names = max((len(step.name) for step in steps), default=0)
    texts = [f"{step.name:<{names}} = " + " = ".join(_parts(step)) for step in steps]
    wide = max(map(width, texts), default=0)
    lines = [f"{text:<{wide}}   {step.meaning}" for text, step in zip(texts, steps, strict=True)]
    if style.width is None or all(_INDENT + width(line) <= style.width for line in lines):
        return lines
    pairs = zip(texts, steps, strict=True)
    return [line for text, step in pairs for line in (text, "    " + step.meaning)[: 1 + bool(step.meaning)]]


_INDENT = 13
"""Blanks before a line of a section, at most."""


def _parts(step: DerivationStep) -> list[str]:
    return [part for part in (step.formula, step.numbers, f"{step.value:,}") if part]


def _mask(node: NodeExplanation, left: Masked) -> str:
    """What a mask leaves, beside the counts, which have everything."""
    who, what = ("it", "taps") if left.mask == node.path else (left.mask, "scores")
    seen = f"{who} lets {left.seen:,} of {left.elements:,} {what} through, and all are counted"
    (macs,) = [step.value for step in node.counts if step.name == "macs"] or [0]
    return f"{seen}: {left.macs:,} of {macs:,} macs are left" if macs else seen


def _weights(node: NodeExplanation) -> Iterator[str]:
    yield from map(_tensor, node.weights)
    if node.counted_at:
        yield f"shared with {node.counted_at} and counted there: params = 0"
    elif node.weights:
        sum_ = " + ".join(f"{tensor.elements:,}" for tensor in node.weights)
        yield f"params = {sum_}" + (f" = {node.params:,}" if len(node.weights) > 1 else "")


def _tensor(tensor: Tensor) -> str:
    return f"{tensor.name} {show(tensor.shape)} = {tensor.elements:,}"


def _zeros(counts: Sequence[DerivationStep]) -> list[str]:
    missing = [name for name in Operations._fields if name not in {step.name for step in counts}]
    return [f"{', '.join(missing)} = 0"] if missing else []


def _group(explained: GroupExplanation, style: Style) -> Iterator[Block]:
    nodes, shares = f"{explained.group.nodes} nodes", _shares(explained.group)
    yield Either(
        lambda: [style.paint(f"{explained.group.path}: {nodes}", "bold"), f"  {shares}"],
        lambda: f"## {code(explained.group.path)}: {nodes}\n\n{shares}",
    )
    yield _parts_of(explained)


def _shares(group: GroupRow) -> str:
    params, macs = (f"{100 * share:.1f} %" for share in (group.params_fraction, group.macs_fraction))
    hidden = "" if group.unmasked_macs is None else f" (masks hide {group.macs - group.unmasked_macs:,})"
    return f"{params} of the network's parameters, {macs} of its MACs{hidden}; the sum of its parts:"


def _parts_of(explained: GroupExplanation) -> Table:
    group = explained.group
    rows = [_part(part, group.path) for part in explained.parts]
    sums = add_up(explained.parts)
    total = ["total", "", f"{sums['params']:,}", f"{sums['macs']:,}"]
    heads = [
        Head("part", least=12),
        Head("kind", rank=1),
        Head("params", right=True),
        Head("MACs", right=True),
    ]
    return Table(heads, rows, total)


def _kinds(found: ConventionExplanation) -> Table:
    """By kind, what it counts beside our count; a kind that both leave out is left out."""
    rows = [
        [kind.kind, f"{kind.nodes}", kind.formula or "nothing", *_numbers(kind)]
        for kind in found.kinds
        if kind.count or kind.ours
    ]
    heads = [
        Head("kind", least=8, cuts="end"),
        Head("nodes", right=True, rank=3),
        Head("counts", rank=2, least=12, cuts="end"),
        Head(found.name, right=True),
        Head(found.beside, right=True, rank=1),
        Head("difference", right=True),
    ]
    return Table(heads, rows, ["total", "", "", *_numbers(found)])


def _numbers(of: KindComparison | ConventionExplanation) -> list[str]:
    return [f"{of.count:,}", f"{of.ours:,}", _signed(of.difference)]


def _signed(number: int) -> str:
    return f"{number:+,}" if number else "0"


def _part(part: GroupRow | NodeRow, group: str) -> list[str]:
    kind = part.kind if isinstance(part, NodeRow) else f"{part.nodes} nodes"
    return [part.path.removeprefix(f"{group}."), kind, f"{part.params:,}", f"{part.macs:,}"]
