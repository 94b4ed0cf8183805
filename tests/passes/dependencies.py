"""Random networks of anything that moves, mixes or sums positions, and what their outputs really depend on.

What an output depends on is found by running: NaN at one input position, and look where it arrives. It shares
nothing with the passes but the layers' kernels.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from archcost.errors import ShapeError
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from archcost.execute.touched import readers
from archcost.layers import find
from archcost.passes.access import AccessCache
from archcost.passes.masked import sights
from archcost.passes.receptive_field import Tracer, reaches, receptive_fields
from tests.layers.loops import leaving

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from numpy.typing import NDArray

    from archcost.network import Network, Node
    from archcost.passes.receptive_field import Field

Shape = tuple[int, ...]
Fields = dict[str, Any]

KINKED = {"max_unpool", "relu", "max_pool", "group_norm", "instance_norm", "greater", "where"}
"""Kinds with a slope of 0 where they depend on something, or that PyTorch refuses on a single number."""

RESIZES = {2: ["linear"], 3: ["bilinear", "bicubic"], 4: ["trilinear"]}
"""What blends positions, by the number of axes of a tensor."""

ELEMENTS = 600
"""No tensor has more elements than this."""


class Writer:
    """Writes a random network: every line reads tensors there are, mostly the last ones."""

    def __init__(self, random: Random, *, padding: bool, smooth: bool = False) -> None:
        self.random = random
        self.padding = padding
        self.choices = [choice for choice in CHOICES if not (smooth and choice[0] in KINKED)]
        self.lines: list[str] = []
        names = ["input"] if random.random() < 0.75 else ["a", "b"]
        rank = random.choice([1, 1, 2, 2, 2, 3])
        high = {1: 12, 2: 7, 3: 4}[rank]
        shape = (random.choice([1, 2, 4]), *(random.randint(2, high) for _ in range(rank)))
        self.inputs = dict.fromkeys(names, shape)
        self.tensors: dict[str, Shape] = dict(self.inputs)

    def spec(self, layers: int) -> str:
        for _ in range(8 * layers):
            if len(self.lines) < layers:
                self._try()
        one = [*self.inputs] == ["input"]
        given = [*self.inputs["input"]] if one else {name: [*x] for name, x in self.inputs.items()}
        head = f"archcost: 1\nname: random\ninput: {given}\nlayers:\n".replace("'", "")
        return head + "\n".join(self.lines) + "\n"

    def _pick(self) -> str:
        names = [*self.tensors]
        return self.random.choice(names[-3:] if self.random.random() < 0.7 else names)

    def _try(self) -> None:
        kind, draw, count = self.random.choice(self.choices)
        picked = [self._pick() for _ in range(min(count, 2))]
        sources = [picked[i * len(picked) // count] for i in range(count)]  # of four, two fit two
        shapes = tuple(self.tensors[name] for name in sources)
        fields = draw(self, shapes)
        found = find(kind)
        if fields is None or found is None:
            return
        name = f"n{len(self.lines)}"
        try:
            layer = found[0].model_validate(_frozen(fields))
            y = leaving(layer, shapes)
        except (ShapeError, ValueError):
            return
        if prod(y) > ELEMENTS or len(y) > 6 or 0 in y:
            return
        self.tensors[name] = y
        given = f"[{', '.join(sources)}]" if count > 1 else sources[0]
        self.lines.append(f"  - {{name: {name}, from: {given}, {kind}: {_flow(fields)}}}")


def _frozen(fields: Fields) -> Fields:
    """Fields as a spec's reader hands them on: lists are tuples."""
    return {name: _tuples(value) for name, value in fields.items()}


def _tuples(value: object) -> object:
    return tuple(map(_tuples, cast("list[object]", value))) if isinstance(value, list) else value


def _flow(fields: Fields) -> str:
    return re.sub(r'"(\w+)"', r"\1", json.dumps(fields))


def _some(w: Writer, low: int, high: int, n: int) -> list[int]:
    return [w.random.randint(low, high) for _ in range(n)]


def _conv(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    (x,) = xs
    if not 2 <= len(x) <= 4:
        return None
    groups = w.random.choice([g for g in (1, 1, 2, x[0]) if x[0] % g == 0])
    rank = len(x) - 1
    return {
        "out_channels": groups * w.random.choice([1, 2]),
        "kernel_size": _some(w, 1, 3, rank),
        "stride": _some(w, 1, 2, rank),
        "dilation": _some(w, 1, 2, rank),
        "groups": groups,
        "padding": _some(w, 0, 2, rank) if w.padding else 0,
    }


def _masked(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    fields = _conv(w, xs)
    if fields is None:
        return None
    bits = w.random.choices([0, 1, 1], k=prod(fields["kernel_size"]))
    for n in reversed(fields["kernel_size"][1:]):
        bits = [bits[i : i + n] for i in range(0, len(bits), n)]
    return fields | {"mask": w.random.choice(["A", "B", bits])}


def _dynamic(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    """Weights as they are, or a template to slide."""
    x, weight = xs
    shares = {weight[1]} if len(weight) > len(x) else {d for d in range(1, x[0] + 1) if weight[0] % d == 0}
    groups = [x[0] // share for share in sorted(shares) if x[0] % share == 0]
    if not (groups and 2 <= len(x) <= 4 and len(x) <= len(weight) <= len(x) + 1):
        return None
    rank = len(x) - 1
    return {
        "stride": _some(w, 1, 2, rank),
        "dilation": _some(w, 1, 2, rank),
        "groups": w.random.choice(groups),
        "padding": _some(w, 0, 2, rank) if w.padding else 0,
    }


def _correlated(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    if len(xs[0]) < 2:
        return None
    farthest = 2 if w.padding else 0  # at the borders it meets zeros
    return {"max_displacement": _some(w, 0, farthest, len(xs[0]) - 1), "step": w.random.randint(1, 2)}


def _pool(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    (x,) = xs
    if not 2 <= len(x) <= 4:
        return None
    kernel = _some(w, 1, 3, len(x) - 1)
    return {"kernel_size": kernel, "stride": _some(w, 1, 2, len(x) - 1)}


def _blur(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    fields = _pool(w, xs)
    return fields and {
        **fields,
        "padding": w.random.randint(0, 1) if w.padding else 0,
        "padding_mode": "constant",
    }


def _transposed(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    (x,) = xs
    if not (w.padding and 2 <= len(x) <= 4):  # its borders receive less than the others, as by padding
        return None
    return {
        "out_channels": 1,
        "kernel_size": w.random.randint(1, 3),
        "stride": w.random.randint(1, 3),
        "padding": 0,
    }


def _upsample(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    (x,) = xs
    if not 2 <= len(x) <= 4:
        return None
    # At the borders a blend repeats a position: it reads less there than elsewhere, as by padding.
    mode = w.random.choice(["nearest", *(RESIZES[len(x)] if w.padding else [])])
    fields: Fields = {"size": [w.random.randint(1, 9) for _ in x[1:]], "mode": mode}
    if mode != "nearest":
        fields["align_corners"] = w.random.random() < 0.5
    return fields


def _adaptive(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    (x,) = xs
    if not 2 <= len(x) <= 4:
        return None
    return {"output_size": [w.random.randint(1, n) for n in x[1:]]}


def _axis(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"axis": w.random.randrange(len(xs[0]))}


def _axes(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    axes = [*range(len(xs[0]))]
    return {"axis": sorted(w.random.sample(axes, w.random.randint(1, len(axes))))}


def _reduce(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    function = w.random.choice(["sum", "mean", "prod", "l2"])
    return {"function": function, **_axes(w, xs), "keepdim": w.random.random() < 0.5}


def _order(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    axes = [*range(len(xs[0]))]
    w.random.shuffle(axes)
    return {"axes": axes}


def _shape(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    """The elements as other axes: neighbours joined, some axes split."""
    left = prod(xs[0])
    sizes: list[int] = []
    if w.random.random() < 0.7:  # mostly along the borders there are
        for n in xs[0]:
            divisors = [d for d in range(1, n + 1) if n % d == 0]
            if w.random.random() < 0.4:
                d = w.random.choice(divisors)
                sizes += [d, n // d]
            elif sizes and w.random.random() < 0.4:
                sizes[-1] *= n
            else:
                sizes.append(n)
        return {"shape": sizes}
    while left > 1 and len(sizes) < 4:
        d = w.random.choice([d for d in range(1, left + 1) if left % d == 0])
        sizes.append(d)
        left //= d
    return {"shape": [*sizes, left]}


def _slice(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    axis = w.random.randrange(len(xs[0]))
    start = w.random.randrange(xs[0][axis])
    end = w.random.randint(start + 1, xs[0][axis])
    return {"axis": axis, "start": start, "end": end, "step": w.random.choice([1, 1, 1, 2, 3])}


def _roll(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    axes = w.random.sample([*range(len(xs[0]))], w.random.randint(1, min(2, len(xs[0]))))
    return {"axis": axes, "shifts": _some(w, -3, 3, len(axes))}


def _flip(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"axis": w.random.sample([*range(len(xs[0]))], w.random.randint(1, min(2, len(xs[0]))))}


def _unfold(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    axes = xs[0][1:]
    if not 1 <= len(axes) <= 3:
        return None
    return {
        "kernel_size": _some(w, 1, 3, len(axes)),
        "stride": _some(w, 1, 2, len(axes)),
        "dilation": _some(w, 1, 2, len(axes)),
        "padding": _some(w, 0, 1, len(axes)) if w.padding else 0,
    }


def _fold(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    """What fits, mostly: windows side by side, or overlapping on a sequence."""
    (x,) = xs
    if len(x) != 2:
        return None
    kernel = w.random.choice([k for k in (1, 2, 3, 4) if x[0] % k == 0])
    stride = w.random.randint(1, kernel)
    if not w.padding:  # at its ends a sequence that is put back receives less, as by padding
        stride = kernel
    left_over = w.random.randint(0, stride - 1)
    size = (x[1] - 1) * stride + kernel + left_over
    return {"output_size": [size], "kernel_size": [kernel], "stride": [stride]}


def _max_unpool(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:  # noqa: ARG001 - nothing to choose
    pooled, before = xs
    if len(pooled) != len(before) or len(before) == 1:
        return None
    return {"kernel_size": [max(1, b // a) for a, b in zip(pooled[1:], before[1:], strict=True)]}


def _flatten(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    if w.random.random() < 0.3:
        return {}
    start = w.random.randrange(len(xs[0]))
    return {"start": start, "end": w.random.randrange(start, len(xs[0]))}


def _unflatten(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    axis = w.random.randrange(len(xs[0]))
    return {"axis": axis, "sizes": [w.random.choice([d for d in (1, 2, 3) if xs[0][axis] % d == 0]), -1]}


def _unsqueeze(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"axis": w.random.randint(0, len(xs[0]))}


def _expand(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    shape = [w.random.randint(2, 4) if n == 1 and w.random.random() < 0.6 else -1 for n in xs[0]]
    return {"shape": shape} if max(shape) > 1 else None


def _pad(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    if len(xs[0]) == 1 or w.random.random() < 0.4:
        return {"extra_channels": [w.random.randint(0, 1), 1]}
    return {"padding": _some(w, -1, 2 if w.padding else 0, len(xs[0]) - 1)}


def _shuffled(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"upscale_factor": _some(w, 1, 2, len(xs[0]) - 1)}


def _unshuffled(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"downscale_factor": [w.random.choice([d for d in (1, 2, 3) if n % d == 0]) for n in xs[0][1:]]}


def _matmul(w: Writer, xs: tuple[Shape, ...]) -> Fields:  # noqa: ARG001 - any may fit
    fields: Fields = {"transpose_a": w.random.random() < 0.5, "transpose_b": w.random.random() < 0.5}
    if w.random.random() < 0.5:
        fields["heads"] = w.random.choice([1, 2, 4])
        if w.random.random() < 0.4:
            fields["kv_heads"] = w.random.choice([1, 2])
    if w.random.random() < 0.3:
        fields["tokens"] = True
    return fields


def _einsum(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    """Letters of both where sizes agree, of which some stay; the order of what leaves is any."""
    letters = iter("abcdefghijklmn")
    first = [next(letters) for _ in xs[0]]
    free = dict(zip(first, xs[0], strict=True))
    second: list[str] = []
    for n in xs[1]:
        fits = [c for c, m in free.items() if m == n or 1 in {m, n}]
        second.append(w.random.choice(fits) if fits and w.random.random() < 0.7 else next(letters))
        free.pop(second[-1], None)
    both = {c for c in first if c in second}
    leaving = [c for c in dict.fromkeys(first + second) if c not in both or w.random.random() < 0.4]
    w.random.shuffle(leaving)
    return {"equation": f"{''.join(first)},{''.join(second)}->{''.join(leaving)}"}


def _groups(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"num_groups": w.random.choice([d for d in range(1, xs[0][0] + 1) if xs[0][0] % d == 0])}


def _none(w: Writer, xs: tuple[Shape, ...]) -> Fields:  # noqa: ARG001 - nothing to choose
    return {}


def _per_position(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"out_features": w.random.randint(1, 4), "per_position": len(xs[0]) > 1}


def _shuffle(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"groups": w.random.choice([d for d in range(1, xs[0][0] + 1) if xs[0][0] % d == 0])}


def _recurrent(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:  # noqa: ARG001 - any sequence fits
    both = w.random.random() < 0.5
    if not (both or w.padding):  # the first outputs have less before them, as by padding
        return None
    return {
        "hidden_size": w.random.randint(1, 3),
        "num_layers": w.random.randint(1, 2),
        "bidirectional": both,
    }


def _scan(w: Writer, xs: tuple[Shape, ...]) -> Fields | None:
    groups = w.random.choice([1, 1, 2])
    return {"groups": groups, "skip": w.random.random() < 0.5} if w.padding and len(xs[0]) == 2 else None


def _gather(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    axis = w.random.randrange(len(xs[0]))
    index: list[Any] = _some(w, -xs[0][axis], xs[0][axis] - 1, w.random.randint(1, 4))
    return {"axis": axis, "index": [index, index[::-1]] if w.random.random() < 0.3 else index}


def _gated(w: Writer, xs: tuple[Shape, ...]) -> Fields:
    return {"axis": w.random.randrange(len(xs[0])), "gate": w.random.choice(["first", "second"])}


CHOICES: list[tuple[str, Callable[[Writer, tuple[Shape, ...]], Fields | None], int]] = [
    ("conv", _conv, 1),
    ("conv", _conv, 1),
    ("masked_conv", _masked, 1),
    ("dynamic_conv", _dynamic, 2),
    ("dynamic_conv", _dynamic, 2),
    ("correlation", _correlated, 2),
    ("correlation", _correlated, 2),
    ("max_pool", _pool, 1),
    ("blur_pool", _blur, 1),
    ("conv_transpose", _transposed, 1),
    ("upsample", _upsample, 1),
    ("adaptive_avg_pool", _adaptive, 1),
    ("global_avg_pool", _none, 1),
    ("reduce", _reduce, 1),
    ("flatten", _flatten, 1),
    ("unflatten", _unflatten, 1),
    ("unfold", _unfold, 1),
    ("fold", _fold, 1),
    ("fold", _fold, 1),
    ("max_unpool", _max_unpool, 2),
    ("squeeze", _none, 1),
    ("unsqueeze", _unsqueeze, 1),
    ("expand", _expand, 1),
    ("expand", _expand, 1),
    ("relu", _none, 1),
    ("softmax", _axis, 1),
    ("layer_norm", _axes, 1),
    ("rms_norm", _axes, 1),
    ("normalize", _axes, 1),
    ("global_response_norm", _none, 1),
    ("group_norm", _groups, 1),
    ("instance_norm", _none, 1),
    ("transpose", _order, 1),
    ("transpose", _order, 1),
    ("reshape", _shape, 1),
    ("reshape", _shape, 1),
    ("reshape", _shape, 1),
    ("slice", _slice, 1),
    ("slice", _slice, 1),
    ("roll", _roll, 1),
    ("roll", _roll, 1),
    ("flip", _flip, 1),
    ("flip", _flip, 1),
    ("pad", _pad, 1),
    ("gather", _gather, 1),
    ("gather", _gather, 1),
    ("glu", _gated, 1),
    ("glu", _gated, 1),
    ("pixel_shuffle", _shuffled, 1),
    ("pixel_unshuffle", _unshuffled, 1),
    ("linear", _per_position, 1),
    ("channel_shuffle", _shuffle, 1),
    ("lstm", _recurrent, 1),
    ("gru", _recurrent, 1),
    ("selective_scan", _scan, 4),
    ("selective_scan", _scan, 4),
    ("add", _none, 2),
    ("add", _none, 2),
    ("multiply", _none, 2),
    ("greater", _none, 2),
    ("greater", _none, 2),
    ("where", _none, 3),
    ("where", _none, 3),
    ("concat", _axis, 2),
    ("concat", _axis, 2),
    ("stack", _unsqueeze, 2),
    ("stack", _unsqueeze, 2),
    ("matmul", _matmul, 2),
    ("matmul", _matmul, 2),
    ("einsum", _einsum, 2),
    ("einsum", _einsum, 2),
]


class Measured(NamedTuple):
    """What a node depends on: per input a matrix, a row per output position, a column per input position."""

    node: Node
    reads: dict[str, NDArray[np.bool_]]


def measured(network: Network) -> list[Measured]:
    """The dependency matrices of all nodes, each over all channels of its output and its input."""
    tensors = Tensors.of_network(network, 0, "float64")
    given = tensors.inputs(network)
    columns: list[dict[str, list[NDArray[np.bool_]]]] = [{} for _ in network]
    for tensor in network.inputs:
        for position in np.ndindex(tensor.output[1:]):
            changed = {name: value.copy() for name, value in given.items()}
            changed[tensor.path][(slice(None), *position)] = np.nan
            with np.errstate(all="ignore"):
                for found, step in zip(
                    columns,
                    steps(network, tensors, changed, count=False, marked=sights(network)),
                    strict=True,
                ):
                    touched = np.isnan(step.value).any(axis=0).ravel()
                    found.setdefault(tensor.path, []).append(touched)
    return [
        Measured(node, {name: np.array(several).T for name, several in found.items()})
        for node, found in zip(network, columns, strict=True)
    ]


def agree(network: Network, *, far_from_borders: bool) -> None:
    """Every field is what it says it is: exact, or no less than what is read, or unknown.

    Borders make outputs read less than a field says, so exactness is asked for only where there are none.
    """
    sizes = {tensor.path: tensor.output[1:] for tensor in network.inputs}
    followed = reaches(network, Tracer(sizes, AccessCache()))
    for found, fields, reach in zip(measured(network), receptive_fields(network), followed, strict=True):
        for name, reads in found.reads.items():
            field = fields.get(name)
            if field is None or not field.is_known:
                assert field or not reads.any(), f"{found.node.path} depends on {name} and has no field"
                continue
            positions = np.ndindex(sizes[name])
            said = np.array([readers(reach[name], found.node.output, p).ravel() for p in positions]).T
            assert not (reads & ~said).any(), f"{found.node.path} reads more than {field}"
            exact = far_from_borders and field.certainty == "exact"
            assert not exact or not (said & ~reads).any(), f"{found.node.path} reads less than {field}"
            boxes = [_box(row.reshape(sizes[name])) for row in reads if row.any()]
            if boxes:
                _agrees(field, boxes, exact=exact and not field.is_global)
            if exact and field.is_global:
                least = min(int(row.sum()) for row in reads)
                assert (field.size, field.coverage) == (sizes[name], Fraction(least, prod(sizes[name])))
                assert field.holes == prod(sizes[name]) - least


def _box(read: NDArray[np.bool_]) -> tuple[Shape, int]:
    """The extent of what is read, and how many positions that are."""
    there = np.argwhere(read)
    return tuple((there.max(axis=0) - there.min(axis=0) + 1).tolist()), len(there)


def _agrees(field: Field, boxes: list[tuple[Shape, int]], *, exact: bool) -> None:
    largest = tuple(map(max, zip(*(size for size, _ in boxes), strict=True)))
    assert all(said >= read for said, read in zip(field.size, largest, strict=True))
    assert 0 <= field.coverage <= 1
    assert field.holes >= 0
    if exact:
        assert field.size == largest
        assert field.coverage == min(Fraction(read, prod(size)) for size, read in boxes)
        assert field.holes == max(prod(size) - read for size, read in boxes)
