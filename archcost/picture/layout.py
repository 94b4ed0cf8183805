"""Where everything of an image goes: the words, the cells, the boxes around them, the legend."""

from __future__ import annotations

from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archcost.picture.colours import FAINT, INK, LEVELS, PAPER, colour
from archcost.picture.model import (
    GAPS,
    HOLE,
    PADDING,
    PADDING_GAPS,
    READ,
    caption,
    effective_size,
    title,
)
from archcost.picture.shapes import Drawing, Group, Label, Mesh, Rect, Stroke
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from archcost.picture.model import Cells, Picture, Plane
    from archcost.picture.shapes import Area

_NAMES = {HOLE: "hole", READ: "read", GAPS: "gaps", PADDING: "padding", PADDING_GAPS: "gaps"}
_WORDS = {
    "read": "read",
    "gaps": "read, with holes in between",
    "padding": "padding, zeros are read",
    "hole": "hole, not read",
}

_MARGIN = 24
_GUTTER = 40
"""Room left of the cells, for the positions of the rows."""
_LONGEST = 480
"""The longest side of the cells, in pixels."""
_CELL = 32
"""The largest cell."""
_BAR = 140
"""Height of a bar profile."""
_TEXT = 520
"""The least width for the sentences."""
_LEGEND = 22
"""Height of a line of the legend."""
_SWATCH = 96
_LETTER = 0.56
"""Width of a usual letter, as a share of the font's size."""


def lay_out(picture: Picture, plane: Plane) -> Drawing:
    """The image of a field: words above, the cells with their boxes, the legend below."""
    longest = _LONGEST * 3 // 2 if plane.is_profile else _LONGEST
    cells = plane.cells((_LONGEST, longest))
    cell = _cell_size(plane, cells, longest)
    bars = _BAR if plane.is_profile else 0
    width, height = cells.shape[1] * cell[0], cells.shape[0] * cell[1] + bars
    across = max(width + 2 * _GUTTER, _TEXT) + 2 * _MARGIN
    words = tuple(_words(picture, plane, cells, across - 2 * _MARGIN))
    place = _Place(_MARGIN + _GUTTER, round(words[-1].y) + 50, width, height, across)
    legend = tuple(_legend(plane, cells, place.bottom + 72))
    groups = (
        Group("caption", words),
        Group("bars", tuple(_bars(plane, cells, place, cell))),
        Group("input-border", tuple(_input_border(plane, cells, place))),
        Group("effective-box", tuple(_effective_box(picture, plane, cells, place))),
        Group("field-box", tuple(_field_box(picture, plane, place))),
        Group("positions", tuple(_positions(plane, place))),
        Group("legend", legend),
    )
    bottom = round(max(shape.y for shape in legend if isinstance(shape, Label)))
    mesh = Mesh(place.x, place.y + bars, cell, _areas(plane, cells))
    return Drawing(
        across, bottom + _MARGIN, title(picture), " ".join(_sentences(picture, plane, cells)), mesh, groups
    )


class _Place(NamedTuple):
    """Where the field is on the image, and how wide the image is."""

    x: int
    y: int
    width: int
    height: int
    across: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


def _sentences(picture: Picture, plane: Plane, cells: Cells) -> list[str]:
    many = cells.many()
    return [
        *caption(picture, plane),
        *([f"One cell is {many} positions; shown is the strongest."] if many else []),
    ]


def _cell_size(plane: Plane, cells: Cells, longest: int) -> tuple[int, int]:
    """Width and height of a cell: square, unless that would make a sliver."""
    rows, columns = cells.shape
    width, height = (max(1 + (n <= 300), min(_CELL, longest // n)) for n in (columns, rows))
    if plane.is_profile:
        return width, 24
    if max(rows, columns) <= 4 * min(rows, columns):
        width = height = min(width, height)
    return width, height


def _areas(plane: Plane, cells: Cells) -> dict[tuple[str, str], list[Area]]:
    tones = np.where(cells.kinds == HOLE, 0, plane.scale.tones(cells.strength, LEVELS))
    areas: dict[tuple[str, str], list[Area]] = {}
    for code, rectangles in sorted(merged(cells.kinds * LEVELS + tones).items()):
        name = _NAMES[code // LEVELS]
        areas.setdefault((name, colour(name, code % LEVELS)), []).extend(rectangles)
    return areas


def merged(codes: NDArray[np.int_]) -> dict[int, list[Area]]:
    """Rectangles of equal cells, by their code: runs along a row, and equal runs below each other.

    >>> merged(np.array([[1, 1, 2], [1, 1, 1], [1, 1, 1]]))
    {1: [(0, 0, 2, 1), (0, 1, 3, 2)], 2: [(2, 0, 1, 1)]}
    """
    found: dict[int, list[Area]] = {}
    begun: dict[tuple[int, int, int], int] = {}
    for y, runs in enumerate([*map(_runs, codes), {}]):
        for run in [run for run in begun if run not in runs]:
            code, start, width = run
            top = begun.pop(run)
            found.setdefault(code, []).append((start, top, width, y - top))
        for run in runs:
            begun.setdefault(run, y)
    return found


def _runs(row: NDArray[np.int_]) -> dict[tuple[int, int, int], None]:
    """(code, first column, columns) of equal neighbours, as the keys of a dictionary: an ordered set."""
    starts = [0, *(np.flatnonzero(row[1:] != row[:-1]) + 1).tolist(), len(row)]
    return {(int(row[a]), a, b - a): None for a, b in pairwise(starts)}


def _words(picture: Picture, plane: Plane, cells: Cells, width: int) -> Iterator[Label]:
    """The title and the sentences, as many lines as they need."""
    y = _MARGIN - 2
    for line in wrap(title(picture), int(width / 16 / _LETTER)):
        y += 22
        yield Label(_MARGIN, y, line, 16, bold=True)
    y += 9
    for sentence in _sentences(picture, plane, cells):
        for line in wrap(sentence, int(width / 12 / _LETTER)):
            y += 17
            yield Label(_MARGIN, y, line)


def _bars(plane: Plane, cells: Cells, place: _Place, cell: tuple[int, int]) -> Iterator[Rect]:
    """The counts of a single axis, standing on the strip of cells."""
    if not plane.is_profile:
        return
    heights = plane.scale.share(cells.strength[0]) * (_BAR - 12)
    tones = plane.scale.tones(cells.strength[0], LEVELS)
    for column, (kind, height) in enumerate(zip(cells.kinds[0].tolist(), heights.tolist(), strict=True)):
        if kind != HOLE:
            tall = max(1.0, round(height, 1))
            fill = colour(_NAMES[kind], int(tones[column]))
            yield Rect(place.x + column * cell[0], place.y + _BAR - 4 - tall, cell[0], tall, fill)


def _input_border(plane: Plane, cells: Cells, place: _Place) -> Iterator[Stroke]:
    """Where the input begins and ends, as far as that is within the field."""
    rows, columns = plane.borders()
    for index in columns:
        x = place.x + cells.where(1, index) / cells.shape[1] * place.width
        yield from _over_cells(x, place.y, x, place.bottom, dashed=True)
    for index in rows:
        y = place.y + cells.where(0, index) / cells.shape[0] * place.height
        yield from _over_cells(place.x, y, place.right, y, dashed=True)


def _over_cells(x1: float, y1: float, x2: float, y2: float, *, dashed: bool = False) -> Iterator[Stroke]:
    """A dark line on a light one, which shows on any cell."""
    yield Stroke(x1, y1, x2, y2, 3.5, PAPER)
    yield Stroke(x1, y1, x2, y2, 1.5, INK, dashed)


def _effective_box(picture: Picture, plane: Plane, cells: Cells, place: _Place) -> Iterator[Stroke | Label]:
    (top, bottom), (left, right) = (
        tuple(cells.where(axis, end) / n for end in ends)
        for axis, (ends, n) in enumerate(zip(plane.box(), cells.shape, strict=True))
    )
    x1, x2 = (round(place.x + share * place.width, 2) for share in (left, right))
    y1, y2 = (round(place.y + share * place.height, 2) for share in (top, bottom))
    for halo in (True, False):
        for ends in _sides(x1, y1, x2, y2):
            yield Stroke(*ends, 3.5, PAPER) if halo else Stroke(*ends)
    text = f"95.45 % of the weight: {effective_size(picture)}"
    yield from _measured(place, (x1, x2), place.bottom + 26, text, below=True)


def _field_box(picture: Picture, plane: Plane, place: _Place) -> Iterator[Stroke | Label]:
    for ends in _sides(place.x, place.y, place.right, place.bottom):
        yield Stroke(*ends, 2.5)
    text = f"receptive field: {show(picture.strength.shape)}"
    if plane.at:
        text += f", slice {','.join(map(str, plane.at))}"
    yield from _measured(place, (place.x, place.right), place.y - 14, text, below=False)


def _sides(x1: float, y1: float, x2: float, y2: float) -> Iterator[tuple[float, float, float, float]]:
    yield x1, y1, x2, y1
    yield x1, y2, x2, y2
    yield x1, y1, x1, y2
    yield x2, y1, x2, y2


def _measured(
    place: _Place, ends: tuple[float, float], y: float, text: str, *, below: bool
) -> Iterator[Stroke | Label]:
    """A dimension line with its label, which stays on the image."""
    yield Stroke(ends[0], y, ends[1], y, 1, FAINT)
    for x in ends:
        yield Stroke(x, y - 4, x, y + 4, 1, FAINT)
    half = len(text) * 12 * _LETTER / 2
    middle = min(max(sum(ends) / 2, _MARGIN + half), place.across - _MARGIN - half)
    yield Label(round(middle, 2), y + 17 if below else y - 8, text, anchor="middle")


def _positions(plane: Plane, place: _Place) -> Iterator[Label]:
    """The input positions of the first and the last row and column."""
    rows, columns = (
        (first, first + n - 1) for first, n in zip(plane.first, plane.strength.shape, strict=True)
    )
    y = place.bottom + 15
    if columns[0] == columns[1]:
        yield Label(place.x + place.width / 2, y, str(columns[0]), 11, "middle", FAINT)
    else:
        yield Label(place.x, y, str(columns[0]), 11, "start", FAINT)
        yield Label(place.right, y, str(columns[1]), 11, "end", FAINT)
    if not plane.is_profile:
        yield Label(place.x - 8, place.y + 9, str(rows[0]), 11, "end", FAINT)
        if rows[0] != rows[1]:
            yield Label(place.x - 8, place.bottom - 1, str(rows[1]), 11, "end", FAINT)


def _legend(plane: Plane, cells: Cells, y: int) -> Iterator[Rect | Stroke | Label]:
    """What the colours mean, as far as they occur, one below the other."""
    kinds = {_NAMES[kind] for kind in np.unique(cells.kinds).tolist()}
    scale = _scale(plane)  # said once, at the first ramp
    for name in (name for name in _WORDS if name in kinds):
        yield from _swatch(name, y, plane)
        yield Label(_MARGIN + _SWATCH + 10, y + 11, _WORDS[name] + (scale if name != "hole" else ""))
        scale = ""
        y += _LEGEND
    if any(plane.borders()):
        yield Stroke(_MARGIN, y + 7, _MARGIN + _SWATCH, y + 7, dashed=True)
        yield Label(_MARGIN + _SWATCH + 10, y + 11, "border of the input")


def _swatch(name: str, y: int, plane: Plane) -> Iterator[Rect]:
    if name == "hole" or plane.scale.is_flat:
        yield Rect(_MARGIN, y, _SWATCH, 14, colour(name, LEVELS - 1))
        return
    step = _SWATCH // LEVELS
    for tone in range(LEVELS):
        yield Rect(_MARGIN + tone * step, y, step, 14, colour(name, tone))


def _scale(plane: Plane) -> str:
    top = plane.scale.words(plane.scale.top, plane.scale.top)
    if plane.scale.is_flat:
        return f": {top}"
    return f": up to {top}, {'square-root' if plane.scale.is_root else 'linear'} scale"
