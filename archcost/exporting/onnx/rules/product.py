"""Products of two tensors."""

from __future__ import annotations

from itertools import product
from string import ascii_letters
from typing import TYPE_CHECKING

from archcost.exporting.onnx.rules.common import shape_of

if TYPE_CHECKING:
    from archcost.exporting.onnx.graph import Site, Value
    from archcost.exporting.onnx.rules.common import Rule
    from archcost.layers.product import Correlation, Einsum, Matmul


def _matmul(site: Site, layer: Matmul, a: Value, b: Value) -> Value:
    heads, (first, second) = layer.factors((shape_of(a), shape_of(b)))
    left = _matrices(site, a, first.heads if first.is_tokens else None, turned=first.turned)
    right = _matrices(site, b, second.heads if second.is_tokens else None, turned=second.turned)
    if 1 < second.heads < heads:
        right = _repeated(site, right, heads // second.heads)
    y = site.matmul(left, right)
    if first.is_tokens == second.is_tokens:
        return y
    turned = first.turned if first.is_tokens else second.turned
    rows, columns = y.rank - 2, y.rank - 1
    order = [0, 1, columns if turned else rows, *range(2, rows), rows if turned else columns]
    return site.reshape(site.transpose(y, order), site.shape)


def _matrices(site: Site, x: Value, heads: int | None, *, turned: bool) -> Value:
    """`[1, heads, sets…, rows, columns]`; tokens, `[1, channels, sets…, length]`, have so many heads."""
    if heads is None:
        last = x.rank - 1
        return site.transpose(x, [*range(last - 1), last, last - 1]) if turned else x
    x = site.reshape(x, (1, heads, x.shape[1] // heads, *x.shape[2:]))
    sets, last = range(3, x.rank - 1), x.rank - 1
    return site.transpose(x, [0, 1, *sets, last, 2] if turned else [0, 1, *sets, 2, last])


def _repeated(site: Site, x: Value, times: int) -> Value:
    """Every head so many times, one beside the other."""
    heads, matrices = x.shape[1], x.shape[2:]
    sizes = (1, heads, times, *matrices)
    x = site.reshape(x, (1, heads, 1, *matrices))
    x = site.op("Expand", x, site.graph.numbers(sizes), shape=sizes)
    return site.reshape(x, (1, heads * times, *matrices))


def _einsum(site: Site, layer: Einsum, a: Value, b: Value) -> Value:
    """With a letter for the batch."""
    first, second, leaving = layer.equation.replace("->", ",").split(",")
    batch = next(letter for letter in ascii_letters if letter not in layer.equation)
    equation = f"{batch}{first},{batch}{second}->{batch}{leaving}"
    return site.op("Einsum", a, b, shape=site.shape, equation=equation)


def _correlation(site: Site, layer: Correlation, a: Value, b: Value) -> Value:
    """Every displacement of b cut out of what is padded."""
    window = layer.window(shape_of(b))
    wide = site.padded(b, ((0, 0), (0, 0), *window.padding))
    take = "ReduceMean" if layer.mean else "ReduceSum"
    found: list[Value] = []
    for tap in product(*map(range, window.kernel)):
        moved = wide
        for axis, (t, step) in enumerate(zip(tap, window.dilation, strict=True), 2):
            moved = site.part(moved, axis, t * step, t * step + b.shape[axis])
        found.append(site.reduced(take, site.op("Mul", a, moved), (1,)))
    return site.joined(found, 1)


RULES: dict[str, Rule] = {
    "matmul": _matmul,
    "einsum": _einsum,
    "correlation": _correlation,
}
