"""Differences for a reader at a terminal: totals, then every cause with what it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.difference import sentences
from archcost.report.formats.table import joined
from archcost.words.tables import Head, Table, grid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcost.report.options import WriteOptions
    from archcost.results.difference import Diff

CAUSES = 20
"""Causes that are listed; JSON has all."""
LAYERS = 8
"""Entries that are listed for one cause."""
PLACES = 20
"""Rows of the table that `--depth` asks for."""


def write(diffs: Sequence[Diff], options: WriteOptions) -> str:
    """The networks that changed one below the other; the others in one line."""
    blocks = [block for diff in diffs if diff.status != "equal" for block in _one(diff, options)]
    return joined([*blocks, [*filter(None, [sentences.unchanged(diffs)])]], options.style)


def _one(diff: Diff, options: WriteOptions) -> list[list[str]]:
    head = [options.style.paint(sentences.title(diff), "bold")]
    if not options.quiet:
        head += [f"  {line}" for line in sentences.setting(diff)]
    blocks = [head, _table(sentences.HEADERS, sentences.totals(diff, options.units), options)]
    if options.depth is not None and diff.nodes:
        blocks.append(_where(diff, options.depth, options))
    blocks += [list(_cause(diff, index, options)) for index in range(min(CAUSES, len(diff.causes)))]
    blocks.append([*filter(None, [sentences.cut(len(diff.causes), CAUSES, "causes")])])
    blocks.append(sentences.few(list(sentences.together(diff, options.units)), CAUSES))
    if names := list(sentences.renamed(diff)):
        title = options.style.paint("other paths, the same layers", "bold")
        blocks.append([title, *sentences.few(names, LAYERS, indent="  ")])
    return blocks


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], options: WriteOptions) -> list[str]:
    """A table of numbers, named on the left. The share leaves first, then how many layers, then the base."""
    ranks = {"base": 1, "differ": 2, "layers": 3, "%": 3}
    names, *numbers = headers
    heads = [Head(names, least=10), *(Head(name, right=True, rank=ranks.get(name, 0)) for name in numbers)]
    return grid(Table(heads, rows), options.style)


def _cause(diff: Diff, index: int, options: WriteOptions) -> Iterator[str]:
    cause = diff.causes[index]
    place = sentences.place(cause)
    yield options.style.paint(f"{index + 1}. {cause.what}", "bold") + (f"  ({place})" if place else "")
    yield f"   {sentences.alone(diff, index, options.units)}"
    if ripple := sentences.rippled(diff, index):
        yield f"   {ripple}"
    if options.quiet:
        return
    found = sentences.entries(sentences.changed_by(diff, index), diff, options.units)
    lines = [f"{_SIGNS[entry.word]} {entry.path}  {entry.kind}: {entry.text}" for entry in found]
    yield from sentences.few(lines, LAYERS, indent="   ")


_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def _where(diff: Diff, depth: int, options: WriteOptions) -> list[str]:
    found = sentences.where(diff, depth)
    lines = _table(sentences.PLACES, sentences.places(found[:PLACES], options.units), options)
    return [*lines, *filter(None, [sentences.cut(len(found), PLACES, "groups")])]
