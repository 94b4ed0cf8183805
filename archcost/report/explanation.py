"""How one number came about: a node's formulas with the numbers put in, a group's parts with their sum."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping  # noqa: TC003 - the JSON Schema is made from these annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcost.analysis import analyze, given, kind_of
from archcost.errors import UsageError
from archcost.geometry import Shape, axis_names, show, size
from archcost.layers.base import TERMS, Formulas, Layer, Operations
from archcost.report.lookup import children, unknown
from archcost.report.model import GroupRow, NodeRow  # noqa: TC001 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.geometry import Axes, Window
    from archcost.network import Network, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """A tensor by name, with its number of elements."""

    name: str
    shape: Shape
    elements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a derivation: `name = formula = numbers = value`.

    Attributes:
        name: what is derived.
        formula: over the names before it; a shape whose elements are counted; empty if it simply is given.
        numbers: the formula with its names replaced; empty without a formula or where nothing changes.
        value: what comes out.
        meaning: of the name, in words; empty if it speaks for itself.
    """

    name: str
    formula: str
    numbers: str
    value: int
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisDerivation:
    """How many positions the output has along some axes that all come out alike."""

    axes: tuple[str, ...]
    steps: tuple[Step, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeExplanation:
    """Everything about one node.

    Attributes:
        path: the node's.
        kind: what it does.
        summary: that in a sentence.
        reference: where its formulas come from; empty for what needs no source.
        file: the text it is written in.
        line: where it is written, from 1.
        column: where it is written, from 1.
        fields: as the spec sets them.
        inputs: the tensors that arrive.
        output: the shape that leaves.
        window: derivations of its spatial axes; empty if it does not slide.
        weights: learned tensors.
        buffers: running statistics.
        params: elements of the weights that are counted here.
        counted_at: the node that counts these weights, if it is another one that shares them.
        terms: the numbers its counts are made of.
        counts: the operations; a count that is missing is 0.
    """

    path: str
    kind: str
    summary: str
    reference: str
    file: str
    line: int
    column: int
    fields: Mapping[str, object]
    inputs: tuple[Tensor, ...]
    output: Shape
    window: tuple[AxisDerivation, ...]
    weights: tuple[Tensor, ...]
    buffers: tuple[Tensor, ...]
    params: int
    counted_at: str | None
    terms: tuple[Step, ...]
    counts: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupExplanation:
    """A group as the sum of what is directly in it."""

    path: str
    group: GroupRow
    parts: tuple[GroupRow | NodeRow, ...]


def explain(network: Network, path: str) -> NodeExplanation | GroupExplanation:
    """Where the numbers of a node or a group come from.

    Raises:
        UsageError: there is neither; the text names similar ones.

    >>> from archcost import load
    >>> macs = explain(load("zoo:lenet5"), "c1").counts[0]
    >>> macs.formula, macs.numbers, macs.value
    ('taps * outputs', '25 * 4,704', 117600)
    """
    if path in network.by_path:
        return _node(network, network.by_path[path])
    for tensor in network.inputs:
        if tensor.path == path:
            raise UsageError(
                f"'{path}' is an input of {network.name}, {show(tensor.output)}: nothing to derive"
            )
    return _group(network, path)


def _group(network: Network, path: str) -> GroupExplanation:
    report = analyze(network)
    rows: dict[str, GroupRow | NodeRow] = {row.path: row for row in (*report.groups, *report.nodes)}
    if path not in rows:
        raise unknown(path, network.name, rows)
    parts = tuple(rows[f"{path}.{name}"] for name in children(path, rows))
    return GroupExplanation(path=path, group=report.group(path), parts=parts)


def _node(network: Network, node: Node) -> NodeExplanation:
    layer, shapes = node.layer, node.shapes
    weights = _tensors(layer.parameters(shapes))
    first = _first_user(network, node)
    formulas = layer.formulas(shapes)
    return NodeExplanation(
        path=node.path,
        kind=kind_of(node.word),
        summary=_summary(type(layer)),
        reference=layer.reference,
        file=node.place.source.name,
        line=node.place.line,
        column=node.place.column,
        fields=given(node),
        inputs=tuple(Tensor(name=t.path, shape=t.output, elements=size(t.output)) for t in node.inputs),
        output=node.output,
        window=_window(node),
        weights=weights,
        buffers=_tensors(layer.statistics(shapes)),
        params=sum(tensor.elements for tensor in weights) if first is node else 0,
        counted_at=None if first is node else first.path,
        terms=tuple(_terms(formulas)),
        counts=tuple(_counts(formulas)),
    )


def _summary(kind: type) -> str:
    """The first sentence of the class's documentation."""
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def _tensors(shapes: Mapping[str, Shape]) -> tuple[Tensor, ...]:
    return tuple(Tensor(name=name, shape=shape, elements=size(shape)) for name, shape in shapes.items())


def _first_user(network: Network, node: Node) -> Node:
    """The node that counts this one's weights: the first of those that share them."""
    if node.shared is None:
        return node
    return next(other for other in network if other.shared == node.shared)


def _terms(formulas: Formulas) -> Iterator[Step]:
    values = formulas.values()
    for name, term in formulas.terms.items():
        text = show(term) if isinstance(term, tuple) else term if isinstance(term, str) else ""
        yield _step(name, text, values)


def _counts(formulas: Formulas) -> Iterator[Step]:
    values = formulas.values()
    for name in Operations._fields:
        if name in formulas.counts:
            yield _step(name, formulas.counts[name], values)


_NAME = re.compile(r"[a-z_]+\b(?!\()")


def _step(name: str, formula: str, values: Mapping[str, int]) -> Step:
    """`name = formula`, with the formula's names replaced by their values. Functions keep their names."""
    numbers = _NAME.sub(lambda found: f"{values[found[0]]:,}", formula)
    alone = f"{values[name]:,}"
    return Step(
        name=name,
        formula="" if formula == alone else formula,
        numbers="" if numbers in {formula, alone} else numbers,
        value=values[name],
        meaning=TERMS.get(name, ""),
    )


def _window(node: Node) -> tuple[AxisDerivation, ...]:
    """How the window arrives at the output's axes; axes that share every number stand together."""
    if not isinstance(node.layer, Layer):
        return ()
    x = node.shapes[0]
    window = node.layer.window(x)
    if window is None:
        return ()
    together: dict[tuple[tuple[Step, ...], str], list[str]] = {}
    positions = window.output(x[1:])
    for axis, name in enumerate(axis_names(len(positions))):
        steps, note = _along(window, axis, x[1:], positions[axis])
        together.setdefault((steps, note), []).append(name)
    return tuple(
        AxisDerivation(axes=tuple(names), steps=steps, note=note) for (steps, note), names in together.items()
    )


def _along(window: Window, axis: int, axes: Axes, positions: int) -> tuple[tuple[Step, ...], str]:
    stretch = window.stretch[axis] if window.stretch else 1
    before, after = window.padding[axis]
    rounds_up = window.rounding != "floor"
    whole = "ceil((padded - span) / stride)" if rounds_up else "(padded - span) // stride"
    formulas = Formulas(
        {
            "kernel_size": window.kernel[axis],
            "dilation": window.dilation[axis],
            "stride": window.stride[axis],
            "stretch": stretch,
            "length": axes[axis],
            "before": before,
            "after": after,
            "span": "dilation * (kernel_size - 1) + 1",
            "padded": "length + before + after"
            if stretch == 1
            else "(length - 1) * stretch + 1 + before + after",
            "output": f"{whole} + 1",
        },
    )
    derived = {step.name: step for step in _terms(formulas)}
    note = ""
    if derived["output"].value != positions:
        note = f"the last window would start behind the input and is left out: {positions:,}"
    return (derived["span"], derived["padded"], derived["output"]), note
