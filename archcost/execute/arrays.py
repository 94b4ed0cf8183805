# ruff: noqa: ANN401 - NumPy's protocols hand on whatever they are given
"""Arrays that count: what every NumPy operation on them really did, by the sizes of its operands.

A kernel is written as if it worked on plain arrays. Given a `Counted` one, each product, sum, comparison,
division and exponential that NumPy carries out is noted in its `Tally`. What involves plain arrays alone
(weights that are folded, the coordinates of an interpolation) involves constants only and costs nothing, as
`archcost.layers.base.Operations` says. An operation the tables here do not know is refused: nothing is
counted as zero silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Array: TypeAlias = NDArray[Any]
"""Any array: of float64 or float32, counted or not; `(channels, *axes)` where it is a tensor."""

PRODUCTS = {"multiply", "square"}
SUMS = {"add", "subtract"}
COMPARISONS = {"maximum", "minimum", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}
DIVISIONS = {"divide", "reciprocal"}
EXPONENTIALS = {
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "sin",
    "cos",
    "tanh",
    "power",
    "float_power",
    "sqrt",
    "erf (vectorized)",
}
FREE = {
    "negative",
    "positive",
    "absolute",
    "sign",
    "floor",
    "isnan",
    "logical_and",
    "logical_or",
    "logical_not",
}
"""Signs, and what works on positions or on truth values."""


@dataclass
class Tally:
    """How often each scalar operation ran; see `archcost.layers.base.Operations` for what counts as what.

    Attributes:
        on_padding: multiplications of which one factor was padding; they are among `multiplications`.
    """

    multiplications: int = 0
    additions: int = 0
    comparisons: int = 0
    divisions: int = 0
    exponentials: int = 0
    on_padding: int = 0

    def note(self, ufunc: np.ufunc, times: int) -> None:
        """Note that an operation ran so many times.

        Raises:
            TypeError: nothing says what this operation counts as.
        """
        name = ufunc.__name__
        for names, count in _TABLE.items():
            if name in names:
                setattr(self, count, getattr(self, count) + times)
                return
        if name not in FREE:
            raise TypeError(f"nothing says what np.{name} counts as")

    def products(self, outputs: int, terms: int) -> None:
        """Note that so many outputs were each a sum of so many products."""
        self.multiplications += outputs * terms
        self.additions += outputs * max(terms - 1, 0)


_TABLE = {
    frozenset(PRODUCTS): "multiplications",
    frozenset(SUMS): "additions",
    frozenset(COMPARISONS): "comparisons",
    frozenset(DIVISIONS): "divisions",
    frozenset(EXPONENTIALS): "exponentials",
}

_STRUCTURE = {
    np.pad,
    np.concatenate,
    np.stack,
    np.reshape,
    np.ravel,
    np.transpose,
    np.moveaxis,
    np.swapaxes,
    np.expand_dims,
    np.squeeze,
    np.broadcast_to,
    np.flip,
    np.roll,
    np.repeat,
    np.split,
    np.take,
    np.take_along_axis,
    np.where,
    np.copy,
    np.zeros_like,
    np.empty_like,
    np.shape,
    np.ndim,
    np.size,
    np.lib.stride_tricks.sliding_window_view,
}
"""Functions that move elements and compute nothing. (`np.where` chooses; what it chooses by was compared.)"""


class Counted(np.ndarray[Any, Any]):
    """An array whose operations are counted in its tally."""

    tally: Tally

    def __array_finalize__(self, parent: object) -> None:
        """A view or copy counts where its parent does."""
        self.tally = getattr(parent, "tally", None) or Tally()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **rest: Any) -> Any:
        """Run it on plain arrays, and note how often the scalar operation ran."""
        plain = [_plain(x) for x in inputs]
        out: tuple[Any, ...] | None = rest.get("out")
        if out is not None:
            rest["out"] = tuple(_plain(x) for x in out)
        result = getattr(ufunc, method)(*plain, **rest)
        self._note(ufunc, method, plain, result)
        if out is not None:
            return out[0]
        return self._wrap(result)

    def _note(self, ufunc: np.ufunc, method: str, operands: list[Any], result: Any) -> None:
        if ufunc is np.matmul:
            self.tally.products(np.size(result), np.shape(operands[0])[-1])
        elif method == "__call__":
            self.tally.note(ufunc, np.size(result))
        elif method == "reduce":
            self.tally.note(ufunc, np.size(operands[0]) - np.size(result))
        elif method == "at":
            self.tally.note(ufunc, np.size(operands[2]) if len(operands) > 2 else np.size(operands[1]))
        else:
            raise TypeError(f"nothing says how often np.{ufunc.__name__}.{method} computes")

    def __array_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: Any, kwargs: Any
    ) -> Any:
        """Functions that only move elements, and products of matrices."""
        if func is np.tensordot:
            return self._tensordot(*args, **kwargs)
        if func not in _STRUCTURE:
            raise TypeError(f"nothing says what np.{func.__name__} counts as")
        return self._wrap(func(*_deep(args), **cast("dict[str, Any]", _deep(kwargs))))

    def _tensordot(self, a: Array, b: Array, axes: Any = 2) -> Any:
        """Every output of a tensor product is a sum of products."""
        result = np.tensordot(_plain(a), _plain(b), axes)
        terms = round((a.size * b.size / max(result.size, 1)) ** 0.5) if result.size else 0
        self.tally.products(result.size, terms)
        return self._wrap(result)

    def _wrap(self, result: Any) -> Any:
        if isinstance(result, np.ndarray):
            return counted(cast("Array", result), self.tally)
        if isinstance(result, np.generic):
            return counted(np.asarray(cast("Any", result)), self.tally)
        if isinstance(result, tuple | list):
            return [self._wrap(one) for one in cast("list[Any]", result)]
        return result


def _refused(name: str) -> Callable[..., None]:
    def method(*_args: object, **_rest: object) -> None:
        raise TypeError(f"nothing says what .{name} counts as")

    return method


# These methods of NumPy's arrays compute without asking `__array_ufunc__` or `__array_function__`.
for _name in ("dot", "argmax", "argmin", "sort", "argsort", "partition", "argpartition", "searchsorted"):
    setattr(Counted, _name, _refused(_name))


def counted(array: Array, tally: Tally) -> Counted:
    """The array, counting in the tally from now on.

    >>> tally = Tally()
    >>> x = counted(np.arange(6.0).reshape(2, 3), tally)
    >>> _ = (x * 2 + 1).sum(axis=1)
    >>> tally.multiplications, tally.additions
    (6, 10)
    """
    view = array.view(Counted)
    view.tally = tally
    return view


def plain(array: Array) -> Array:
    """The array, counting no more."""
    return array.view(np.ndarray)


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Counted) else value


def _deep(value: Any) -> Any:
    """Plain arrays, also within the lists that functions take."""
    if isinstance(value, tuple):
        return tuple(_deep(one) for one in cast("tuple[Any, ...]", value))
    if isinstance(value, list):
        return [_deep(one) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _deep(one) for key, one in cast("dict[str, Any]", value).items()}
    return _plain(value)
