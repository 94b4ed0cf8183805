"""What a picture of a receptive field shows, before anyone decides how: positions, cells, and the words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import floor, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archcost.errors import UsageError
from archcost.windows.window import axis_names, show
from archcost.words.numbers import percent
from archcost.words.style import Style
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HOLE, READ, GAPS, PADDING, PADDING_GAPS = range(5)
"""What a cell is. One that stands for several positions has gaps if some are read and some are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The field of one output unit in one input.

    Attributes:
        node: path of the node.
        input: name of the input.
        strength: paths from each position of the field to the unit, one axis per spatial axis; 0 is a hole.
        first: input position of index 0, per axis; it may be negative, and the last one beyond the input.
        input_size: positions of the input, per axis.
        effective: first and last position of the interval with 95.45 % of the weight, per axis.
        exponent: the true counts are `strength * 2**exponent`; 0 unless they exceed what a float can hold.
        unit: which output it is, per axis.
        notes: sentences that go below the others.
    """

    node: str
    input: str
    strength: NDArray[np.float64]
    first: tuple[int, ...]
    input_size: tuple[int, ...]
    effective: tuple[tuple[float, float], ...]
    exponent: int = 0
    unit: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def plane(self, slice_at: Sequence[int] | None = None) -> Plane:
        """What is drawn: all of one or two axes; of more, the slice at these positions of the leading axes.

        Raises:
            UsageError: there is no such slice.
        """
        leading = max(0, self.strength.ndim - 2)
        chosen = _middle(self, leading) if slice_at is None else tuple(slice_at)
        _check_slice(self, leading, chosen)
        inside = all(0 <= p < n for p, n in zip(chosen, self.input_size, strict=False))
        strength = self.strength[tuple(p - f for p, f in zip(chosen, self.first, strict=False))]
        one = strength.ndim == 1
        return Plane(
            strength=strength[np.newaxis] if one else strength,
            first=(0, *self.first) if one else self.first[leading:],
            input_size=((1, *self.input_size) if one else self.input_size[leading:]) if inside else (0, 0),
            effective=((0.0, 0.0), *self.effective) if one else self.effective[leading:],
            scale=ShadeScale.of(self.strength, self.exponent),
            at=chosen,
            is_profile=one,
        )


def _middle(picture: Picture, leading: int) -> tuple[int, ...]:
    sizes = picture.strength.shape[:leading]
    return tuple(f + (n - 1) // 2 for f, n in zip(picture.first, sizes, strict=False))


def _check_slice(picture: Picture, leading: int, chosen: tuple[int, ...]) -> None:
    if len(chosen) != leading:
        axes = f"{picture.strength.ndim} ax{'i' if picture.strength.ndim == 1 else 'e'}s"
        raise UsageError(
            f"slice {','.join(map(str, chosen))}: a field with {axes} "
            + (f"is cut at {plural(leading, 'position')}" if leading else "is drawn whole")
        )
    names = axis_names(picture.strength.ndim)
    for axis, position, first, size in zip(
        names, chosen, picture.first, picture.strength.shape, strict=False
    ):
        if not first <= position < first + size:
            raise UsageError(
                f"slice {position}: along the {axis} the field reads positions {first} to {first + size - 1}"
            )


class Terminal(NamedTuple):
    """Where a text is shown.

    Attributes:
        style: whether it is coloured; without, nothing is lost.
        width: columns, 24 at the least.
        ascii_only: it has no block characters.
    """

    style: Style = Style()
    width: int = 80
    ascii_only: bool = False


class ShadeScale(NamedTuple):
    """How counts become shades: in proportion, or by their square roots where they differ tenfold.

    Attributes:
        top: the largest count.
        is_root: whether shades go by square roots.
        is_flat: whether all counts are equal.
        exponent: as in `Picture`.

    >>> ShadeScale(100.0, is_root=True).share(np.array([1.0, 25.0])).tolist()
    [0.1, 0.5]
    """

    top: float
    is_root: bool
    is_flat: bool = False
    exponent: int = 0

    @classmethod
    def of(cls, strength: NDArray[np.float64], exponent: int = 0) -> ShadeScale:
        """The scale on which the largest count is 1."""
        read = strength[strength > 0]
        if not read.size:
            return cls(1.0, is_root=False)
        low, high = float(read.min()), float(read.max())
        return cls(high, high > 10 * low, high == low, exponent)

    def share(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Counts on a scale from 0 to 1."""
        share = counts / self.top
        return np.sqrt(share) if self.is_root else share

    def tones(self, counts: NDArray[np.float64], levels: int) -> NDArray[np.intp]:
        """Each count's shade of so many, 0 the weakest."""
        return np.clip(np.ceil(self.share(counts) * levels) - 1, 0, levels - 1).astype(np.intp)

    def words(self, low: float, high: float) -> str:
        """From so many paths to so many: every digit below a million, three above.

        >>> flat = ShadeScale(1.0, is_root=False)
        >>> flat.words(1, 3), flat._replace(exponent=70).words(1, 1)
        ('1 to 3 paths', '1.18e21 paths')
        """
        first, last = (self._count(paths) for paths in (low, high))
        return f"{last} path{'s' * (last != '1')}" if first == last else f"{first} to {last} paths"

    def _count(self, paths: float) -> str:
        number = Decimal(paths) * 2**self.exponent
        if number < 10**6:
            return f"{floor(number):,}" if number >= 1 else f"{number:.3g}"
        digits, power = f"{number:.2e}".split("e")
        return f"{digits}e{int(power)}"


@dataclass(frozen=True, slots=True)
class Plane:
    """What is drawn: rows and columns. One axis is a single row.

    Attributes:
        strength: as in `Picture`, [rows, columns].
        first: as in `Picture`, for the two axes.
        input_size: as in `Picture`, for the two axes.
        effective: as in `Picture`, for the two axes.
        scale: of the whole field, so that slices compare.
        at: position along each leading axis.
        is_profile: whether it is a single axis, and its counts are drawn as bars.
    """

    strength: NDArray[np.float64]
    first: tuple[int, ...]
    input_size: tuple[int, ...]
    effective: tuple[tuple[float, float], ...]
    scale: ShadeScale
    at: tuple[int, ...]
    is_profile: bool

    def cells(self, most: Sequence[int]) -> Cells:
        """The positions, as many to a cell as it takes to have at `most` so many rows and columns."""
        rows, columns = self.strength.shape
        bins = [-(-n // m) for n, m in zip((rows, columns), most, strict=True)]
        if max(rows, columns) <= 4 * min(rows, columns):  # a longer strip keeps its narrow axis
            bins = [max(bins)] * 2
        edges = tuple(_edges(n, b) for n, b in zip((rows, columns), bins, strict=True))
        read = _each(np.add, (self.strength > 0).astype(np.intp), edges)
        positions = _each(np.add, np.ones((rows, columns), np.intp), edges)
        outside = 2 * _each(np.add, self._outside().astype(np.intp), edges) > positions
        kinds = np.select(
            [read == 0, outside & (read < positions), outside, read < positions],
            [HOLE, PADDING_GAPS, PADDING, GAPS],
            READ,
        )
        return Cells(kinds, _each(np.maximum, self.strength, edges), edges, (bins[0], bins[1]))

    def _outside(self) -> NDArray[np.bool_]:
        rows, columns = (
            _beyond(first, n, size)
            for first, n, size in zip(self.first, self.strength.shape, self.input_size, strict=True)
        )
        return rows[:, np.newaxis] | columns

    def box(self) -> tuple[tuple[float, float], ...]:
        """Where the interval with 95.45 % of the weight begins and ends, per axis, from the field's start."""
        return tuple((a - f, b + 1 - f) for (a, b), f in zip(self.effective, self.first, strict=True))

    def borders(self) -> tuple[tuple[int, ...], ...]:
        """Where the input begins or ends, if that is within the field: per axis, from the field's start."""
        return tuple(
            tuple(edge - first for edge in (0, size) if size and 0 < edge - first < n)
            for first, size, n in zip(self.first, self.input_size, self.strength.shape, strict=True)
        )


def _beyond(first: int, length: int, size: int) -> NDArray[np.bool_]:
    positions = np.arange(length) + first
    return (positions < 0) | (positions >= size)


def _edges(length: int, bin_: int) -> NDArray[np.intp]:
    """Where cells of so many positions begin, and where the last one ends; what is left over, at both ends.

    >>> _edges(7, 3).tolist(), _edges(6, 3).tolist()
    ([0, 2, 5, 7], [0, 3, 6])
    """
    spare = -length % bin_
    inner = np.arange(bin_ - spare // 2, length, bin_)
    return np.array([0, *inner, length], np.intp)


def _each(
    ufunc: np.ufunc, values: NDArray[np.generic], edges: tuple[NDArray[np.intp], ...]
) -> NDArray[np.float64]:
    """A sum or maximum for each cell."""
    for axis, ends in enumerate(edges):
        values = ufunc.reduceat(values, ends[:-1], axis=axis)
    return np.asarray(values, np.float64)


class Cells(NamedTuple):
    """A plane in cells.

    Attributes:
        kinds: `HOLE`, `READ` and so on, [rows, columns].
        strength: the largest count in each cell.
        edges: per axis, the index at which each cell begins, and the end.
        bins: positions to a cell, per axis; the first and the last may have fewer.
    """

    kinds: NDArray[np.int_]
    strength: NDArray[np.float64]
    edges: tuple[NDArray[np.intp], ...]
    bins: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.kinds.shape
        return rows, columns

    def where(self, axis: int, index: float) -> float:
        """Where a position of the plane lies, counted in cells."""
        edges = self.edges[axis].astype(np.float64)
        return float(np.interp(index, edges, np.arange(len(edges))))

    def many(self) -> str:
        """How many positions one cell stands for, if it is more than one."""
        sizes = self.bins[1:] if len(self.edges[0]) == 2 else self.bins  # a single row has no height
        return show(sizes) if max(sizes) > 1 else ""


def title(picture: Picture) -> str:
    """Whose field it is."""
    unit = f", output {_point(picture.unit)}" if picture.unit else ""
    return f"Receptive field of {picture.node}{unit}"


def caption(picture: Picture, plane: Plane) -> list[str]:
    """What the picture shows, in sentences."""
    return [
        _extent(picture),
        *_sums(picture, plane),
        f"95.45 % of the weight lies within {effective_size(picture)} (linear, uniform weights).",
        *picture.notes,
    ]


def _sums(picture: Picture, plane: Plane) -> list[str]:
    total = f"{_how_many(picture.strength)}; {_paths(picture, plane.scale)}."
    if not plane.at:
        return [total[0].upper() + total[1:]]
    axes = " and ".join(axis_names(picture.strength.ndim)[: len(plane.at)])
    return [
        f"Slice at {_point(plane.at)} along the {axes}: {_how_many(plane.strength)}.",
        f"In all, {total}",
    ]


def effective_size(picture: Picture) -> str:
    """Positions per axis that hold 95.45 % of the weight."""
    return "×".join(f"{last - first + 1:.4g}" for first, last in picture.effective)


def _extent(picture: Picture) -> str:
    shape = picture.strength.shape
    last = [first + n - 1 for first, n in zip(picture.first, shape, strict=True)]
    where = f"from {_point(picture.first)} to {_point(last)}" if prod(shape) > 1 else f"at {_point(last)}"
    return f"{show(shape)} positions of {picture.input} ({show(picture.input_size)}), {where}."


def _how_many(strength: NDArray[np.float64]) -> str:
    read, total = int(np.count_nonzero(strength)), strength.size
    if read == total:
        return f"all {total:,} are read" if total > 1 else "one position is read"
    holes = total - read
    share = f"{read:,} of {total:,} are read ({percent(read, total)} %)"
    return f"{share}, {holes:,} {'are holes' if holes > 1 else 'is a hole'}"


def _paths(picture: Picture, scale: ShadeScale) -> str:
    read = picture.strength[picture.strength > 0]
    each = " from each" * (picture.strength.size > 1)
    return scale.words(float(read.min()), float(read.max())) + each if read.size else "no paths"


def _point(position: Sequence[int]) -> str:
    return f"({', '.join(map(str, position))})" if len(position) > 1 else str(position[0])
