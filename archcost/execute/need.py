"""How much memory and time a run takes, before anything is allocated: bounds from shapes alone.

What a layer works on is more than what arrives and leaves. A window slides over a padded tensor, which may be
any number of times as large; a transposed convolution writes more than it keeps; the kernels in
`archcost.execute.kernels` hold copies and partial sums. So every kernel has its line here, and the tests
measure that no network takes more.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

from archcost.execute.kernels.convolution import BATCH, TAPS
from archcost.layers.activation import Activation, Gelu
from archcost.layers.base import Operations
from archcost.layers.constant import Constant
from archcost.layers.convolution import (
    Conv,
    ConvTranspose,
    DeformConv,
    DeformSum,
    DepthwiseConv,
    DynamicConv,
    DynamicConvTranspose,
    MaskedConv,
)
from archcost.layers.declared import Custom
from archcost.layers.gather import Gather
from archcost.layers.gating import Geglu
from archcost.layers.linear import Embedding, Linear
from archcost.layers.normalization import LocalResponseNorm
from archcost.layers.pooling import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, BlurPool, MaxPool
from archcost.layers.product import Correlation, Einsum, Matmul
from archcost.layers.recurrent import Gru, Lstm, Rnn, SelectiveScan
from archcost.layers.reduction import Reduce
from archcost.layers.resize import Upsample
from archcost.layers.sampling import GridSample, RoiAlign
from archcost.passes.cost import costs
from archcost.passes.liveness import Plan
from archcost.windows.window import size

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.layers.base import Kind
    from archcost.network import Network, Node
    from archcost.passes.cost import Cost
    from archcost.windows.window import Shape, Window

_PER_TAP = 3000
"""Bytes of what stands for one of them."""

_OBJECTS = 400
"""Bytes of a few Python numbers: exact coordinates, and what NumPy calls Python for."""

# Nanoseconds on one core. Bounds for the machine they were measured on; on another they are a scale.
_PER_NODE = 400_000
_PER_CALL = 12_000
_PER_ELEMENT = 4
_PER_PRODUCT = 0.4
_PER_THIN_PRODUCT = 4
_PER_EXPONENTIAL = 30
_PER_OBJECT = 500


class Need(NamedTuple):
    """What a run takes.

    Attributes:
        weights: bytes of learned tensors and statistics; those that are shared once.
        activations: bytes of inputs and of outputs that are still needed, at their peak.
        temporaries: bytes that the most demanding layer works on.
        seconds: all runs, one after the other.
    """

    weights: int
    activations: int
    temporaries: int
    seconds: float

    @property
    def memory(self) -> int:
        """Bytes that are allocated at once."""
        return self.weights + self.activations + self.temporaries


class _Work(NamedTuple):
    """What one layer takes.

    Attributes:
        elements: numbers it works on beside its inputs and its output.
        moved: elements that are read, written or computed, all calls together.
        other: bytes that are no such numbers.
        calls: of NumPy.
        objects: Python's own numbers.
    """

    elements: int
    moved: int
    other: int = 0
    calls: int = 30
    objects: int = 0


def need(network: Network, width: int, *, probes: int = 0, torch: bool = False) -> Need:
    """What running a network takes.

    Args:
        network: what to run.
        width: bytes of a number.
        probes: runs beside the first one, each of which follows one position of an input.
        torch: PyTorch runs it as well.

    >>> from archcost import load
    >>> need(load("zoo:lenet5"), 8).weights
    480000
    """
    plan = Plan.of(network)
    weights = _weights(network)
    works = [(node, cost, _work(node)) for node, cost in zip(network, costs(network), strict=True)]
    given = sum(size(tensor.output) for tensor in network.inputs)
    largest = max((size(node.output) for node in network), default=0)
    # The caller keeps the inputs, changes a copy of one, and still has the output before this one.
    alive = max(plan.needs(), default=given) + 2 * given + largest
    each = width + 8 * torch  # bytes of a number, here and in PyTorch's double precision
    return Need(
        weights=each * weights,
        activations=each * alive + _spots(network, plan) * (probes > 0),
        temporaries=_temporaries(works, width) * (1 + torch) + 2048 * len(works) + 2**20,
        seconds=sum(_seconds(*work, probes=probes) for work in works) * (1 + torch) + 4e-8 * weights,
    )


def _weights(network: Network) -> int:
    """Elements of all weights; twice of those that the spec has values for, which are kept as they came."""
    given = {(node, name) for one in network.given for node, name in one.names.values()}
    used = (
        cost.params + cost.buffers
        for node, cost in zip(network, costs(network), strict=True)
        if not node.layer.values_unknown
    )
    return sum(used) + sum(size(node.weight_shapes().get(name, ())) for node, name in given)


def _temporaries(works: list[tuple[Node, Cost, _Work]], width: int) -> int:
    """Bytes of the layer that needs the most: while it runs, or while its random weights are drawn."""
    most = 0
    for node, _, work in works:
        learned = {} if node.layer.values_unknown else node.weight_shapes()
        drawn = 8 * max(map(size, learned.values()), default=0)
        running = width * work.elements + work.other
        most = max(most, drawn + running + _probing(node))
    return most


def _probing(node: Node) -> int:
    """Bytes for seeing where NaN arrived, and which outputs could have read it."""
    seen = size(node.output) + 12 * prod(node.output[1:])
    for window, x in _windows(node):
        reads = list(map(mul, node.output[1:], window.kernel))
        table = 64 * sum(reads)
        seen = max(
            seen, table + 4 * max(reads) * prod(map(max, x[1:], node.output[1:])) // min(node.output[1:])
        )
    return seen


def _windows(node: Node) -> list[tuple[Window, Shape]]:
    """The windows that a node looks through, and at what."""
    return [
        (window, x) for i, x in enumerate(node.shapes) if (window := node.layer.window_of(i, node.shapes))
    ]


def _spots(network: Network, plan: Plan) -> int:
    """Bytes of what is known of single positions, at most: two truth values for each that is alive."""
    positions = [prod(tensor.output[1:]) for tensor in (*network.inputs, *network.nodes)]
    return 3 * max(plan._replace(sizes=positions).needs(), default=sum(positions))


def _seconds(node: Node, cost: Cost, work: _Work, *, probes: int) -> float:
    """All runs of one layer."""
    thin = _is_thin(node)
    counted = Operations() if node.layer.values_unknown else cost.operations  # declared, not computed
    run = (
        _PER_NODE
        + _PER_CALL * work.calls
        + _PER_ELEMENT * work.moved
        + (_PER_THIN_PRODUCT if thin else _PER_PRODUCT) * counted.macs
        + _PER_EXPONENTIAL * counted.exponentials
        + _PER_OBJECT * work.objects
    )
    return 1e-9 * (run + probes * (run + _PER_NODE + _PER_ELEMENT * _probing(node)))


_GROUPED = Conv | ConvTranspose | DeformConv | MaskedConv | DynamicConv | DynamicConvTranspose


def _is_thin(node: Node) -> bool:
    """Whether its matrices have few rows or columns, which takes longer for every product."""
    layer = node.layer
    if isinstance(layer, _GROUPED):
        return node.output[0] // layer.groups < 8
    if isinstance(layer, Linear):
        return min(node.output[0], prod(node.output[1:])) < 8
    return isinstance(layer, DepthwiseConv) or min(node.output[-2:]) < 8


# -- kernels ----------------------------------------------------------------------------------------------


def _work(node: Node) -> _Work:
    """What a layer takes; its inputs may have to be copied first, where they are views."""
    layer, arriving, leaving = node.layer, sum(map(size, node.shapes)), size(node.output)
    work = next((count(node) for kind, count in _KERNELS.items() if isinstance(layer, kind)), None)
    if work is None:
        work = _Work(elements=5 * leaving, moved=sum(node.formulas().operations()))
    return work._replace(
        elements=work.elements + arriving + leaving + _made(node),
        moved=work.moved + 2 * arriving + 4 * leaving + 2 * _made(node),
    )


def _made(node: Node) -> int:
    """Elements of the copies in which a weight is made of others."""
    if not getattr(node.layer, "parametrization", None):
        return 0
    return 3 * size(node.weight_shapes()["weight"])


def _padded(x: Shape, window: Window, counts: Shape) -> int:
    """Positions that a window slides over: the input's, its padding's, and what windows read beyond."""
    return prod(
        max(n + max(before, 0) + max(after, 0), (count - 1) * stride + span)
        for n, (before, after), count, stride, span in zip(
            x[1:], window.padding, counts, window.stride, window.span, strict=True
        )
    )


def _sliding(node: Node) -> tuple[Window, int, int]:
    """A node's window, the positions it slides over, and those it takes."""
    x, positions = node.shapes[0], node.output[1:]
    window = node.layer.window_of(0, node.shapes)
    if window is None:
        raise TypeError(f"{node.word} has no window")
    return window, _padded(x, window, positions), prod(positions)


def _conv(node: Node) -> _Work:
    """Taps in batches: what they read, copied twice, and the sum so far beside the next one."""
    window, padded, positions = _sliding(node)
    x, y = node.shapes[0], size(node.output)
    rows = getattr(node.layer, "connections", None) or (None,)
    read = x[0] * positions
    batch = min(window.taps * read, BATCH + read)
    batches = max(window.taps * read // max(batch, 1), window.taps // TAPS) + 1
    return _Work(
        elements=x[0] * padded + 2 * batch + 3 * y + _kernel(node) + sum(map(size, node.shapes[1:])),
        other=2 * padded + positions + _PER_TAP * min(window.taps, TAPS),
        calls=6 * window.taps * len(rows) + 8 * batches * len(rows) + 20,
        moved=len(rows) * (x[0] * padded + window.taps * (3 * read + positions)) + 2 * batches * y,
    )


def _kernel(node: Node) -> int:
    """Elements of a layer's largest weight, which is put in another order."""
    return max(map(size, node.weight_shapes().values()), default=0)


def _conv_transpose(node: Node) -> _Work:
    """Products of one tap at a time, stored or added on more positions than are kept in the end."""
    x, y = node.shapes[0], node.output
    window, _, _ = _sliding(node)
    along = zip(x[1:], window.stretch, window.span, strict=True)
    written = prod((n - 1) * stretch + span for n, stretch, span in along)
    products = y[0] * prod(x[1:])
    return _Work(
        elements=y[0] * written + 4 * products + 2 * size(x) + _kernel(node) + size(y),
        other=2 * written,
        calls=25 * window.taps + 20,
        moved=y[0] * written + window.taps * (8 * products + 2 * size(x)) + 2 * size(y),
    )


def _deform_conv(node: Node) -> _Work:
    """Of every tap, what lies at the corners around all moved places; then as a convolution."""
    window, _, positions = _sliding(node)
    x, y, corners = node.shapes[0], size(node.output), 2 ** len(node.output[1:])
    groups = getattr(node.layer, "deform_groups", 1)
    read, places = x[0] * positions, groups * positions * len(node.output[1:])
    batch = min(window.taps * read, BATCH + read)
    edged = x[0] * prod(n + 2 for n in x[1:])
    return _Work(
        elements=(corners + 4) * read + 3 * batch + 2 * edged + 6 * places + 3 * y + _kernel(node),
        other=8 * (8 + 2 * corners) * places + 2 * corners * edged,
        calls=window.taps * (40 + 30 * corners),
        moved=window.taps * corners * (6 * read + edged + 10 * places) + 2 * y,
    )


def _correlation(node: Node) -> _Work:
    """The padded map, its products with the other one, and all sums until they stand side by side."""
    x, y = node.shapes[1], size(node.output)
    window = node.layer.window_of(1, node.shapes)
    padded = x[0] * _padded(x, window, node.output[1:]) if window else 0
    return _Work(
        elements=padded + 2 * size(x) + 3 * y,
        other=2 * padded + _PER_TAP * node.output[0],
        calls=12 * node.output[0] + 20,
        moved=padded + node.output[0] * (4 * size(x)) + 3 * y,
    )


def _sampling(node: Node) -> _Work:
    """What lies at the corners around all places, which are there several times over."""
    x, positions = node.shapes[0], prod(node.output[1:]) * getattr(node.layer, "sampling_ratio", 1) ** 2
    axes = len(x) - 1
    corners, read, places = 2**axes, x[0] * positions, axes * positions
    edged = x[0] * prod(n + 2 for n in x[1:])
    return _Work(
        elements=(corners + 4) * read + 2 * edged + 8 * places,
        other=8 * (10 + 2 * corners) * places + 2 * corners * edged,
        calls=80 + 30 * corners,
        moved=corners * (6 * read + edged + 10 * places),
    )


def _pool(node: Node) -> _Work:
    """The padded input, and the result so far beside the next one."""
    window, padded, _ = _sliding(node)
    x, y = node.shapes[0], size(node.output)
    return _Work(
        elements=x[0] * padded + 4 * y,
        other=32 * sum(node.output[1:]) + 16 * prod(node.output[1:]),
        calls=3 * window.taps + 8 * sum(window.kernel) + 20,
        moved=x[0] * padded + 2 * window.taps * y,
    )


def _bins(node: Node) -> _Work:
    """What all bins cover, picked axis by axis; positions that bins share are there several times."""
    x, y = node.shapes[0], node.output
    sizes = [(n, bins * (-(-n // bins) + 1)) for n, bins in zip(x[1:], y[1:], strict=True)]
    picked = [
        x[0] * prod(covered for _, covered in sizes[:i]) * prod(n for n, _ in sizes[i:]) for i in range(4)
    ]
    most = max(a + b for a, b in pairwise([*picked, 0]))
    bins = sum(y[1:])
    return _Work(
        elements=most + 2 * size(y),
        other=_OBJECTS * bins + 16 * sum(covered for _, covered in sizes) * 4,
        calls=20 * 3 ** len(x[1:]),
        moved=4 * sum(picked) + size(y),
        objects=4 * bins,
    )


def _resize(node: Node) -> _Work:
    """For every combination of taps, what is read and its product, beside the sum so far."""
    along = {"nearest": 1, "bicubic": 4}.get(getattr(node.layer, "mode", ""), 2)
    y, axes = size(node.output), node.output[1:]
    taps = along ** len(axes)
    return _Work(
        elements=4 * y + 2 * prod(axes),
        other=_OBJECTS * along * sum(axes) + 8 * node.output[0],
        calls=12 * taps + 20,
        moved=4 * taps * y,
        objects=24 * along * sum(axes),
    )


def _recurrent(node: Node) -> _Work:
    """The gates' sums of all positions, what each position gives, and a few vectors per step."""
    y, weights, (_, length) = node.output, node.weight_shapes(), node.output
    matrices = [shape for name, shape in weights.items() if name.startswith("weight_hh")]
    rows = max(rows for rows, _ in matrices)
    return _Work(
        elements=2 * rows * length + 20 * rows + 4 * size(y),
        other=_OBJECTS * length,
        calls=40 * length * len(matrices),
        moved=length * (sum(map(size, weights.values())) + 20 * rows * len(matrices)),
    )


def _scan(node: Node) -> _Work:
    """What is kept, a few times, for every position."""
    (channels, length), kept = node.output, _kernel(node)
    return _Work(
        elements=8 * channels * length + 8 * kept,
        other=_OBJECTS * length,
        calls=25 * length,
        moved=16 * kept * length + 20 * channels * length,
    )


def _declared(node: Node) -> _Work:
    """Means over all taps of what a declared window reads, kept side by side."""
    y, elements, calls, moved = size(node.output), 0, 20, 0
    positions = prod(node.output[1:])
    for window, x in _windows(node):
        elements += x[0] * _padded(x, window, node.output[1:]) + (window.taps + 3) * positions
        calls += 4 * window.taps
        moved += window.taps * x[0] * positions + x[0] * _padded(x, window, node.output[1:])
    return _Work(elements=elements + 2 * y, calls=calls, moved=moved + 2 * y)


def _erf(node: Node) -> _Work:
    """NumPy has none: every element is an object on its way through Python."""
    elements, layer = size(node.output), node.layer
    layer = layer.chosen if isinstance(layer, Activation) else layer
    if not isinstance(layer, Gelu | Geglu) or layer.approximate != "none":
        return _Work(elements=5 * elements, moved=10 * elements)
    return _Work(elements=6 * elements, other=40 * elements, moved=10 * elements, objects=elements)


def _neighbours(node: Node) -> _Work:
    """Squares with channels of zeros around them, added up one by one."""
    x, window = node.shapes[0], getattr(node.layer, "size", 1)
    return _Work(
        elements=6 * size(x) + 2 * (x[0] + window) * prod(x[1:]),
        calls=3 * window + 20,
        moved=(window + 8) * size(x) + 2 * (x[0] + window) * prod(x[1:]),
    )


def _products(node: Node) -> _Work:
    y, arriving = size(node.output), sum(map(size, node.shapes)) + _repeated(node)
    return _Work(elements=3 * y + arriving, moved=4 * y + 2 * arriving + _kernel(node))


def _repeated(node: Node) -> int:
    """Elements of heads that are repeated for others."""
    if not isinstance(node.layer, Matmul) or node.layer.kv_heads is None:
        return 0
    return size(node.shapes[1]) * node.layer.pairing(*node.shapes).sizes["of head"]


def _rows(node: Node) -> _Work:
    y, x = size(node.output), sum(map(size, node.shapes))
    return _Work(elements=3 * y + 2 * x, other=24 * x + y, moved=4 * y + 8 * x)


def _reduced(node: Node) -> _Work:
    """What arrives, less its mean, and squared."""
    return _Work(
        elements=2 * size(node.shapes[0]) + 3 * size(node.output), moved=sum(node.formulas().operations())
    )


def _constant(node: Node) -> _Work:
    """Made in double precision, step by step, and rounded at the end."""
    y = size(node.output)
    return _Work(elements=y, other=48 * y, moved=8 * y)


def _gather(node: Node) -> _Work:
    """The index is whole numbers, which are looked through; an element of it picks a row of what arrives."""
    x, y, axis = node.shapes[0], size(node.output), getattr(node.layer, "axis", 0)
    index = y * x[axis] // size(x)
    return _Work(elements=2 * y, other=64 * index, moved=2 * y + 12 * index)


_KERNELS: dict[type[Kind] | tuple[type[Kind], ...], Callable[[Node], _Work]] = {
    (Conv, DepthwiseConv, MaskedConv, DynamicConv): _conv,
    (ConvTranspose, DynamicConvTranspose): _conv_transpose,
    (DeformConv, DeformSum): _deform_conv,
    (MaxPool, AvgPool, BlurPool): _pool,
    (AdaptiveMaxPool, AdaptiveAvgPool): _bins,
    Upsample: _resize,
    Correlation: _correlation,
    (GridSample, RoiAlign): _sampling,
    Constant: _constant,
    Custom: _declared,
    Gather: _gather,
    (Gelu, Geglu, Activation): _erf,
    LocalResponseNorm: _neighbours,
    Reduce: _reduced,
    (Linear, Matmul, Einsum): _products,
    Embedding: _rows,
    (Lstm, Gru, Rnn): _recurrent,
    SelectiveScan: _scan,
}
"""Kinds -> what running them takes. The others take a few copies of what leaves."""
