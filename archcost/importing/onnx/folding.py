"""Operations on numbers that are known beforehand: what shapes and sizes are computed with."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Weight
from archcost.importing.onnx.reading import FOLDED, array_of, dim, dims, integer, integers, is_known, text
from archcost.importing.onnx.tensors import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from archcost.importing.converter import Call, Rule
    from archcost.importing.values import Value

    Array: TypeAlias = "NDArray[Any]"
    Fold: TypeAlias = "Callable[[Call, list[Array]], Array]"


def known(name: str, array: Any) -> Weight:  # noqa: ANN401 - an array, or what becomes one
    """Numbers that are known, as a tensor that is not learned."""
    found = np.asarray(array)
    return Weight(name, found.shape, is_learned=False, numbers=lambda: found)


def folding(fold: Fold, rule: Rule) -> Rule:
    """A rule that computes where all that is read is known, and is another rule elsewhere."""

    def run(call: Call) -> Value | Weight | Sequence[Value | Weight]:
        read = call.read()
        if not read or not all(map(is_known, read)):
            return rule(call)
        arrays = [one.numbers() for one in read if isinstance(one, Weight) and one.numbers]
        with np.errstate(all="ignore"):
            made = np.asarray(fold(call, arrays))
        if made.size > FOLDED:
            raise NotUnderstoodError(f"it makes {made.size:,} constants; {FOLDED:,} are followed")
        call.folds(made.size)
        name = call.operation.outputs[0]
        if made.size <= KEPT:
            return known(name, made)
        again = _Again(fold, call, tuple(one for one in read if isinstance(one, Weight)))
        if again.depth > DEEPEST:
            raise NotUnderstoodError(f"{DEEPEST} operations in a row make many constants each")
        return Weight(name, made.shape, is_learned=False, numbers=again)

    return run


KEPT = 2**16
"""Numbers of a tensor that are kept; more, as of a mask, are computed anew where they are asked for."""

DEEPEST = 8
"""Tensors in a row that are computed anew, one of the other."""


class _Again(NamedTuple):
    """Numbers that are computed where they are asked for, so that the masks of all layers need no memory."""

    fold: Fold
    call: Call
    read: tuple[Weight, ...]

    @property
    def depth(self) -> int:
        """How many in a row are computed anew."""
        return 1 + max((one.numbers.depth for one in self.read if isinstance(one.numbers, _Again)), default=0)

    def __call__(self) -> Array:
        arrays = [one.numbers() for one in self.read if one.numbers]
        with np.errstate(all="ignore"):
            made = np.asarray(self.fold(self.call, arrays))
        self.call.folds(made.size)
        return made


def _plainly(function: Callable[..., Any]) -> Fold:
    """A function of NumPy's, element by element, on all that is read."""

    def fold(_: Call, arrays: list[Array]) -> Array:
        _bounded(prod(np.broadcast_shapes(*(one.shape for one in arrays))))
        return function(*arrays)

    return fold


def _cast(call: Call, arrays: list[Array]) -> Array:
    kind = TYPES.get(integer(call, "to", 1), "<f8")
    return arrays[0].astype(kind)


def _divided(_: Call, arrays: list[Array]) -> Array:
    """Whole numbers are divided towards zero."""
    a, b = arrays
    if a.dtype.kind in "iu" and b.dtype.kind in "iu":
        if not b.all():
            raise NotUnderstoodError("it divides by 0")
        return np.trunc(a / b).astype(a.dtype)
    return a / b


def _concatenated(call: Call, arrays: list[Array]) -> Array:
    return np.concatenate(arrays, axis=integer(call, "axis", 0))


def _gathered(call: Call, arrays: list[Array]) -> Array:
    x, indices = arrays
    _bounded(prod(x.shape) // max(x.shape[integer(call, "axis", 0)], 1) * indices.size)
    return np.take(x, indices.astype(np.int64), axis=integer(call, "axis", 0))


def _sliced(call: Call, arrays: list[Array]) -> Array:
    x = arrays[0]
    starts, ends = integers(call, "starts") or [], integers(call, "ends") or []
    axes, steps = (
        integers(call, "axes") or [*range(len(starts))],
        integers(call, "steps") or [1] * len(starts),
    )
    kept: list[slice] = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        n = x.shape[dim(axis, x.ndim)]
        # Backwards, an end before the first position is no position from the end.
        kept[dim(axis, x.ndim)] = slice(start, None if step < 0 and end < -n else end, step)
    return x[tuple(kept)]


def _unsqueezed(call: Call, arrays: list[Array]) -> Array:
    given = integers(call, "axes") or []
    return np.expand_dims(arrays[0], tuple(given))


def _squeezed(call: Call, arrays: list[Array]) -> Array:
    given = integers(call, "axes")
    return np.squeeze(arrays[0], None if given is None else tuple(given))


def target(shape: Sequence[int], wanted: Sequence[int], *, zero_is_zero: bool) -> list[int]:
    """The sizes that a reshape gives, where 0 keeps a size and -1 is what is left.

    >>> target([1, 512, 7, 7], [0, -1], zero_is_zero=False)
    [1, 25088]
    """
    found = [shape[i] if n == 0 and not zero_is_zero and i < len(shape) else n for i, n in enumerate(wanted)]
    if found.count(-1) == 1 and min(found) == -1:
        rest = prod(n for n in found if n != -1)
        if rest and prod(shape) % rest == 0:
            found[found.index(-1)] = prod(shape) // rest
    if prod(found) != prod(shape) or min(found, default=1) < 0:
        raise NotUnderstoodError(f"{tuple(shape)} cannot be reshaped to {tuple(wanted)}")
    return found


def _reshaped(call: Call, arrays: list[Array]) -> Array:
    x = arrays[0]
    zero = integer(call, "allowzero", 0) == 1
    return x.reshape(target(x.shape, integers(call, "shape") or [], zero_is_zero=zero))


def _expanded(call: Call, arrays: list[Array]) -> Array:
    shape = np.broadcast_shapes(arrays[0].shape, tuple(integers(call, "shape") or []))
    _bounded(prod(shape))
    return np.broadcast_to(arrays[0], shape)


def _tiled(call: Call, arrays: list[Array]) -> Array:
    repeats = integers(call, "repeats") or []
    _bounded(arrays[0].size * prod(repeats))
    return np.tile(arrays[0], repeats)


def _ranged(_: Call, arrays: list[Array]) -> Array:
    start, limit, delta = (float(one.reshape(())) for one in arrays)
    if not delta:
        raise NotUnderstoodError("its delta is 0")
    _bounded(abs(limit - start) / abs(delta))
    return np.arange(start, limit, delta).astype(arrays[0].dtype)


def _bounded(size: float) -> None:
    if not size <= FOLDED:
        raise NotUnderstoodError(f"it makes {size:,.0f} constants; {FOLDED:,} are followed")


def _over(function: Callable[..., Any]) -> Fold:
    def fold(call: Call, arrays: list[Array]) -> Array:
        given = dims(call, "axes", arrays[0].ndim)
        keep = integer(call, "keepdims", 1) == 1
        if not given and integer(call, "noop_with_empty_axes", 0):
            return arrays[0]
        return function(arrays[0], axis=tuple(given) if given else None, keepdims=keep)

    return fold


def _transposed(call: Call, arrays: list[Array]) -> Array:
    return np.transpose(arrays[0], integers(call, "perm"))


def _summed(call: Call, arrays: list[Array]) -> Array:
    if integer(call, "exclusive", 0) or integer(call, "reverse", 0):
        raise NotUnderstoodError("a sum that leaves out its own element, or runs backwards")
    return np.cumsum(arrays[0], axis=int(arrays[1].reshape(())))


def _triangle(call: Call, arrays: list[Array]) -> Array:
    offset = int(arrays[1].reshape(())) if len(arrays) > 1 else 0
    return np.triu(arrays[0], offset) if integer(call, "upper", 1) else np.tril(arrays[0], offset)


def _one_hot(call: Call, arrays: list[Array]) -> Array:
    indices, depth, values = arrays
    size = int(depth.reshape(()))
    _bounded(indices.size * max(size, 0))
    axis = integer(call, "axis", -1)
    places = [-1 if d == dim(axis, indices.ndim + 1) else 1 for d in range(indices.ndim + 1)]
    inside = (indices >= -size) & (indices < size)
    index = np.expand_dims(np.where(inside, indices % size, -1), axis)
    hit: Array = np.equal(index, np.arange(size).reshape(places))
    return np.array(values)[hit.astype(np.int64)]


def _scattered(call: Call, arrays: list[Array]) -> Array:
    """Numbers put at places of a tensor."""
    x, indices, updates = arrays
    if text(call, "reduction", "none") != "none":
        raise NotUnderstoodError("it adds what it puts (reduction)")
    found = x.copy()
    found[tuple(np.moveaxis(indices.astype(np.int64), -1, 0))] = updates
    return found


def scattered(call: Call) -> Weight:
    """Numbers put at places of a tensor that is the same everywhere: the beginning of a mask, not learned."""
    read = [call.known(name) for name in ("x", "indices", "updates")]
    arrays = [found for one in read if (found := array_of(one)) is not None and found.size <= FOLDED]
    if len(arrays) != len(read) or not (is_known(read[0]) or (arrays[0] == arrays[0].ravel()[:1]).all()):
        raise NotUnderstoodError("it puts numbers that are computed, or into a tensor that is")
    call.folds(arrays[0].size)
    return known(call.operation.outputs[0], _scattered(call, arrays))


def _power(_: Call, arrays: list[Array]) -> Array:
    a, b = arrays
    return np.power(a.astype(np.float64), b.astype(np.float64)).astype(a.dtype)


def _folded_all(function: Callable[..., Any]) -> Fold:
    def fold(_: Call, arrays: list[Array]) -> Array:
        _bounded(prod(np.broadcast_shapes(*(one.shape for one in arrays))))
        found = arrays[0]
        for one in arrays[1:]:
            found = function(found, one)
        return found

    return fold


FOLDS: dict[str, Fold] = {
    "Abs": _plainly(np.abs),
    "Add": _plainly(np.add),
    "And": _plainly(np.logical_and),
    "Cast": _cast,
    "CastLike": lambda _, arrays: arrays[0],
    "Ceil": _plainly(np.ceil),
    "Concat": _concatenated,
    "Cos": _plainly(np.cos),
    "CumSum": _summed,
    "Div": _divided,
    "Equal": _plainly(np.equal),
    "Exp": _plainly(np.exp),
    "Expand": _expanded,
    "Floor": _plainly(np.floor),
    "Gather": _gathered,
    "Greater": _plainly(np.greater),
    "GreaterOrEqual": _plainly(np.greater_equal),
    "Identity": lambda _, arrays: arrays[0],
    "Less": _plainly(np.less),
    "LessOrEqual": _plainly(np.less_equal),
    "Log": _plainly(np.log),
    "Max": _folded_all(np.maximum),
    "Min": _folded_all(np.minimum),
    "Mod": lambda call, arrays: (np.fmod if integer(call, "fmod", 0) else np.mod)(*arrays),
    "Mul": _plainly(np.multiply),
    "Neg": _plainly(np.negative),
    "Not": _plainly(np.logical_not),
    "OneHot": _one_hot,
    "Or": _plainly(np.logical_or),
    "Pow": _power,
    "Range": _ranged,
    "Reciprocal": _plainly(np.reciprocal),
    "ReduceMax": _over(np.max),
    "ReduceMean": _over(np.mean),
    "ReduceMin": _over(np.min),
    "ReduceProd": _over(np.prod),
    "ReduceSum": _over(np.sum),
    "Reshape": _reshaped,
    "Round": _plainly(np.round),
    "ScatterND": _scattered,
    "Sin": _plainly(np.sin),
    "Slice": _sliced,
    "Sqrt": _plainly(np.sqrt),
    "Squeeze": _squeezed,
    "Sub": _plainly(np.subtract),
    "Tile": _tiled,
    "Transpose": _transposed,
    "Trilu": _triangle,
    "Unsqueeze": _unsqueezed,
    "Where": _plainly(np.where),
}
"""How operations are computed on numbers that are known."""
