"""Tables: a plain one for a terminal, which fits into it, and one of pipes for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from archcost.escape import code, markdown
from archcost.words.fit import cut, shortened, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcost.words.style import Style

_GAP = 2
"""Blanks between columns. Above a column a heading has as many more, unless room is scarce."""


class Head(NamedTuple):
    """What stands above a column, and what becomes of the column where not all fit.

    Attributes:
        text: the heading.
        right: its cells stand on the right, as numbers do.
        rank: 0 stays; of the others, those with the smallest stay as long as there is room.
        least: columns that its cells may be cut to; None if they never are.
        cuts: where a cell is cut: names in the `middle`, so that they can be told apart, words at the `end`.
        follows: it says more about the column on its left, and is nothing without that.
        name: what a note about columns that were left out calls it; its heading if empty.
    """

    text: str
    right: bool = False
    rank: int = 0
    least: int | None = None
    cuts: Literal["middle", "end"] = "middle"
    follows: bool = False
    name: str = ""


class Table(NamedTuple):
    """A table, for a terminal or for Markdown.

    Attributes:
        heads: of the columns.
        rows: cells, as they are shown.
        total: a last row, below a line.
        narrow: headings have a line per word, even where there is room.
        chooses: `--columns` chooses what is shown.
    """

    heads: Sequence[Head]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] | None = None
    narrow: bool = False
    chooses: bool = False


def grid(table: Table, style: Style) -> list[str]:
    """The lines of a table below a bold head. One that is too wide for the terminal has fewer columns.

    Only where the most important columns are too wide by themselves are names cut. A last line says what was
    left out or cut, and what shows it.

    Args:
        table: its cells are shown as they are.
        style: whether to colour, and how wide the terminal is.

    >>> from archcost.words.style import Style
    >>> heads = [Head("layer"), Head("params", right=True)]
    >>> grid(Table(heads, [["conv", "9"], ["relu", ""]]), Style())
    ['layer      params', '-------  --------', 'conv            9', 'relu']
    """
    rows = [*table.rows, *([] if table.total is None else [table.total])]
    wide = [max((width(row[i]) for row in rows), default=0) for i in range(len(table.heads))]
    full = _widths(table.heads, wide, narrow=table.narrow)
    if style.width is None or _together(full) <= style.width:
        return _lines(_Columns(table.heads, rows, full), style, total=bool(table.total), narrow=table.narrow)
    tight = _widths(table.heads, wide, narrow=True)
    kept = _kept(table.heads, tight, style.width)
    lines = _lines(_shown(table.heads, rows, kept), style, total=bool(table.total), narrow=True)
    return [*lines, *(style.paint(line, "dim") for line in _said(table, tight, kept, style.width))]


def _shown(heads: Sequence[Head], rows: Sequence[Sequence[str]], kept: Mapping[int, int]) -> _Columns:
    """The columns that are kept, their cells as wide as they may be."""
    columns = [_cut([row[i] for row in rows], heads[i], most) for i, most in kept.items()]
    return _Columns([heads[i] for i in kept], list(zip(*columns, strict=True)), list(kept.values()))


def _said(table: Table, wide: Sequence[int], kept: Mapping[int, int], most: int) -> list[str]:
    """What a table lacks, and what shows it; nothing if narrower headings were enough."""
    gone = [head for i, head in enumerate(table.heads) if i not in kept]
    less = [table.heads[i] for i in kept if kept[i] < wide[i]]
    parts = {"left out": _called(gone), "cut": _called(less)}
    note = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)
    how = f"--width {_together(wide)} shows all" + ", --columns chooses" * table.chooses
    return wrapped(f"{note}; {how}", most) if note else []


def _called(heads: Iterable[Head]) -> list[str]:
    return [*dict.fromkeys(filter(None, (head.name or head.text for head in heads)))]


def _widths(heads: Sequence[Head], wide: Sequence[int], *, narrow: bool) -> list[int]:
    return [max(n, _heading(head, narrow=narrow)) for n, head in zip(wide, heads, strict=True)]


def _heading(head: Head, *, narrow: bool) -> int:
    return max(map(width, head.text.split()), default=0) if narrow else width(head.text) + _GAP


def _together(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


# -- what fits --------------------------------------------------------------------------------------------


def _kept(heads: Sequence[Head], wide: Sequence[int], most: int) -> dict[int, int]:
    """The columns that stay, and how wide they are."""
    kept: dict[int, int] = {}
    room = most + _GAP
    for i in sorted(range(len(heads)), key=lambda i: heads[i].rank):
        head = heads[i]
        needs = wide[i] if head.least is None else min(wide[i], max(head.least, room - _GAP))
        fits = needs + _GAP <= room and not (head.follows and i - 1 not in kept)
        if fits or not head.rank:
            kept[i] = needs if head.rank else wide[i]
            room -= kept[i] + _GAP
    return _by_force(dict(sorted(kept.items())), heads, room)


def _by_force(kept: dict[int, int], heads: Sequence[Head], room: int) -> dict[int, int]:
    """What stays where the most important columns are too much: cells are cut, then the last leave."""
    for i, n in kept.items():
        least = heads[i].least
        less = 0 if least is None else min(max(0, -room), max(0, n - least))
        kept[i] -= less
        room += less
    while room < 0 and len(kept) > 1:
        room += kept.popitem()[1] + _GAP
    if room < 0:
        kept[next(iter(kept))] += room
    return kept


def _cut(cells: list[str], head: Head, most: int) -> list[str]:
    if head.cuts == "middle" and head.least is not None:
        return shortened(cells, most)
    return [cut(cell, most) for cell in cells]


# -- lines ------------------------------------------------------------------------------------------------


class _Columns(NamedTuple):
    """What is shown, and how wide."""

    heads: Sequence[Head]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]


def _lines(shown: _Columns, style: Style, *, total: bool, narrow: bool) -> list[str]:
    words = [
        [cut(word, n) for word in head.text.split()] if narrow else [head.text]
        for head, n in zip(shown.heads, shown.widths, strict=True)
    ]
    high = max(map(len, words))
    head = zip(*([""] * (high - len(one)) + one for one in words), strict=True)
    line = "  ".join("-" * n for n in shown.widths)
    body = [_line(row, shown) for row in shown.rows]
    if total:
        body[-1:] = [line, style.paint(body[-1], "bold")]
    return [*(style.paint(_line(one, shown), "bold") for one in head), line, *body]


def _line(cells: Sequence[str], shown: _Columns) -> str:
    columns = zip(cells, shown.heads, shown.widths, strict=True)
    return "  ".join(_padded(cell, n, right=head.right) for cell, head, n in columns).rstrip()


def _padded(cell: str, most: int, *, right: bool) -> str:
    blanks = " " * (most - width(cell))
    return blanks + cell if right else cell + blanks


# -- Markdown ---------------------------------------------------------------------------------------------


def piped(table: Table) -> str:
    """A table as Markdown has it, from cells as a terminal shows them: names are code, the rest stays.

    >>> print(piped(Table([Head("layer", least=12), Head("n", right=True)], [["a_*", "9"]], ["total", "9"])))
    | layer     |     n |
    |:----------|------:|
    | `a_*`     |     9 |
    | **total** | **9** |
    """
    rows = [[_escaped(cell, head) for cell, head in zip(row, table.heads, strict=True)] for row in table.rows]
    if table.total is not None:
        rows.append([cell and f"**{markdown(cell)}**" for cell in table.total])
    align = ["right" if head.right else "left" for head in table.heads]
    return pipes(rows, [markdown(head.text) for head in table.heads], align)


def _escaped(cell: str, head: Head) -> str:
    is_name = head.least is not None and head.cuts == "middle"
    return cell if head.right else code(cell) if cell and is_name else markdown(cell)


def pipes(rows: Sequence[Sequence[str]], headers: Sequence[str], align: Sequence[str]) -> str:
    """A table as Markdown has it.

    Args:
        rows: cells, escaped where they need be.
        headers: what stands above each column.
        align: `left` or `right`, per column.

    >>> print(pipes([["conv", "9"]], ["layer", "params"], ["left", "right"]))
    | layer   |   params |
    |:--------|---------:|
    | conv    |        9 |
    """
    right = [one == "right" for one in align]
    widths = [
        max(width(head) + _GAP, *(width(row[i]) for row in rows)) if rows else width(head) + _GAP
        for i, head in enumerate(headers)
    ]

    def line(cells: Sequence[str]) -> str:
        padded = (_padded(cell, n, right=at) for cell, n, at in zip(cells, widths, right, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = "|".join(
        "-" * (n + 1) + ":" if at else ":" + "-" * (n + 1) for n, at in zip(widths, right, strict=True)
    )
    return "\n".join([line(headers), f"|{rule}|", *map(line, rows)])
