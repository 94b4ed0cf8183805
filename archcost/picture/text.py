"""A receptive field in characters: shades for strength, a sign for holes, lines for the boxes."""

from __future__ import annotations

from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archcost.picture.model import GAPS, HOLE, PADDING, PADDING_GAPS, READ, caption, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcost.picture.model import Cells, Picture, Plane, Terminal
    from archcost.words.style import Style

_ROWS = 36
_BAR = 8
"""Lines of a bar profile."""


class _Signs(NamedTuple):
    """What is drawn with. Shades go from weak to strong, bars from low to high."""

    shades: str
    gaps: str
    hole: str
    padding: str
    padding_gaps: str
    bars: str
    field: str
    box: str


_UNICODE = _Signs("░▒▓█", "⠂⠢⠶⠿", "·", "╱", "⠌", " ▁▂▃▄▅▆▇█", "┏━┓┃┗┛", "┌─┐│└┘")  # noqa: RUF001 - a hatch, no slash
_ASCII = _Signs("-+*#", "co08", ".", "/", ";", " #", "+=+|++", "+-+:++")
_IN_ASCII = str.maketrans({"×": "x", "–": "-", "…": "..."})


class _Piece(NamedTuple):
    """Some characters, and how they are painted."""

    text: str
    how: str = ""


def can_show(encoding: str) -> bool:
    """Whether a terminal of this encoding has our characters.

    >>> can_show("utf-8"), can_show("latin-1")
    (True, False)
    """
    try:
        "".join(_UNICODE).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def as_text(picture: Picture, plane: Plane, terminal: Terminal) -> str:
    """The plane in characters, its words and its legend below."""
    signs = _ASCII if terminal.ascii_only else _UNICODE
    style, width = terminal.style, max(terminal.width, 24)
    cells, wide = _fit(plane, width - 4)
    rows = [[_Piece(*piece) for piece in row] for row in _shaded(plane, cells, signs, wide)]
    if plane.is_profile:
        rows = [*_bars(plane, cells, signs, wide), *rows]
    drawn = _framed(rows, _box(plane, cells, len(rows)), wide, signs)
    sentences = [*caption(picture, plane), "", *_legend(plane, cells, wide, signs)]
    head = [style.paint(line, "bold") for line in wrap(title(picture), width)]
    words = [line for sentence in sentences for line in wrap(sentence, width, break_on_hyphens=False) or [""]]
    text = "\n".join([*head, "", *(_painted(row, style) for row in drawn), "", *words]) + "\n"
    return text.translate(_IN_ASCII) if terminal.ascii_only else text


def _fit(plane: Plane, width: int) -> tuple[Cells, int]:
    """The cells that fit, and the columns of each: two, to be as wide as high, if nothing is lost by it."""
    rows, columns = plane.strength.shape
    if width // 2 < columns <= width and rows <= _ROWS:
        return plane.cells((_ROWS, width)), 1
    most = width if columns > width and plane.is_profile else width // 2
    return plane.cells((_ROWS, most)), 1 if most == width else 2


def _shaded(plane: Plane, cells: Cells, signs: _Signs, wide: int) -> Iterator[list[tuple[str, str]]]:
    tones = plane.scale.tones(cells.strength, len(signs.shades))
    for kinds, row in zip(cells.kinds.tolist(), tones.tolist(), strict=True):
        yield [_cell(kind, tone, signs, wide) for kind, tone in zip(kinds, row, strict=True)]


def _cell(kind: int, tone: int, signs: _Signs, wide: int) -> tuple[str, str]:
    sign, how = {
        HOLE: (signs.hole, "warn"),
        READ: (signs.shades[tone], ""),
        GAPS: (signs.gaps[tone], "warn"),
        PADDING: (signs.padding, "dim"),
        PADDING_GAPS: (signs.padding_gaps, "dim"),
    }[kind]
    return sign * wide, how


def _bars(plane: Plane, cells: Cells, signs: _Signs, wide: int) -> list[list[_Piece]]:
    steps = len(signs.bars) - 1
    heights = np.ceil(plane.scale.share(cells.strength[0]) * _BAR * steps).astype(int).tolist()
    return [
        [_Piece(signs.bars[min(max(height - row * steps, 0), steps)] * wide) for height in heights]
        for row in reversed(range(_BAR))
    ]


def _box(plane: Plane, cells: Cells, rows: int) -> tuple[tuple[int, int], ...]:
    """Between which rows and columns the inner box runs: at least one cell, all rows of a profile."""
    ends = [tuple(round(cells.where(axis, index)) for index in box) for axis, box in enumerate(plane.box())]
    grown = [
        (low, max(low + 1, high)) if low < n else (n - 1, n)
        for (low, high), n in zip(ends, cells.shape, strict=True)
    ]
    return ((0, rows), grown[1]) if plane.is_profile else tuple(grown)


def _framed(
    rows: Sequence[Sequence[_Piece]], box: tuple[tuple[int, int], ...], wide: int, signs: _Signs
) -> Iterator[list[_Piece]]:
    """The rows, with the inner box drawn between them and the frame of the field around."""
    (top, bottom), (left, right) = box
    columns = len(rows[0])
    blank = [_Piece(" " * wide)] * columns
    line = [_Piece(signs.box[1] * wide)] * columns
    sides = [signs.box[3] * 2 if top <= i < bottom else "  " for i in range(len(rows))]
    inner = [_split(row, left, right, side) for row, side in zip(rows, sides, strict=True)]
    inner.insert(bottom, _edge(blank, line, left, right, signs.box[4:]))
    inner.insert(top, _edge(blank, line, left, right, signs.box[0] + signs.box[2]))
    across = signs.field[1] * (columns * wide + 2)
    yield [_Piece(signs.field[0] + across + signs.field[2])]
    for row in inner:
        yield [_Piece(signs.field[3]), *row, _Piece(signs.field[3])]
    yield [_Piece(signs.field[4] + across + signs.field[5])]


def _split(row: Sequence[_Piece], left: int, right: int, sides: str) -> list[_Piece]:
    return [*row[:left], _Piece(sides[0], "info"), *row[left:right], _Piece(sides[1], "info"), *row[right:]]


def _edge(
    blank: Sequence[_Piece], line: Sequence[_Piece], left: int, right: int, corners: str
) -> list[_Piece]:
    middle = [_Piece(piece.text, "info") for piece in line[left:right]]
    return _split([*blank[:left], *middle, *blank[right:]], left, right, corners)


def _painted(row: Iterable[_Piece], style: Style) -> str:
    """The characters of a row; neighbours of one colour are painted together."""
    runs = groupby(row, key=lambda piece: piece.how)
    texts = ((how, "".join(piece.text for piece in run)) for how, run in runs)
    return "".join(style.paint(text, how) if how else text for how, text in texts)


def _legend(plane: Plane, cells: Cells, wide: int, signs: _Signs) -> Iterator[str]:
    """What the signs stand for, as far as they occur."""
    kinds = set(cells.kinds.ravel().tolist())
    yield from _shades(plane, cells, signs.shades, READ)
    yield from _shades(plane, cells, signs.gaps, GAPS)
    if HOLE in kinds:
        yield f"{signs.hole} hole, not read"
    if GAPS in kinds:
        yield f"{signs.gaps} read, with holes in between"
    if PADDING in kinds:
        yield f"{signs.padding} padding, zeros are read"
    if PADDING_GAPS in kinds:
        yield f"{signs.padding_gaps} padding, with holes in between"
    yield f"{signs.field[:3]} receptive field  {signs.box[:3]} 95.45 % of the weight"
    if many := cells.many():
        by = "1 character" if wide == 1 else "2 characters"
        yield f"{by} = {many} positions; shown is the strongest of them"


def _shades(plane: Plane, cells: Cells, shades: str, kind: int) -> Iterator[str]:
    strength = cells.strength[cells.kinds == kind]
    tones = plane.scale.tones(strength, len(shades))
    parts: list[str] = []
    for tone in sorted(set(tones.tolist())):
        alike = strength[tones == tone]
        parts.append(f"{shades[tone]} {plane.scale.words(float(alike.min()), float(alike.max()))}")
    if parts:
        *others, last = parts
        yield ", ".join([*(part.removesuffix("s").removesuffix(" path") for part in others), last])
