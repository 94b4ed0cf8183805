"""A result for a reader at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.blocks import Either, Findings, Legend, Section, Sentences, Title
from archcost.words.findings import findings
from archcost.words.fit import fitted, paragraph
from archcost.words.tables import grid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.report.blocks import Block
    from archcost.report.options import WriteOptions
    from archcost.words.style import Style


def write(blocks: Iterable[Block], options: WriteOptions) -> str:
    """The blocks one below the other, a blank line between them."""
    return joined((_lines(block, options.style) for block in blocks), options.style)


def joined(blocks: Iterable[Iterable[str]], style: Style) -> str:
    """Blocks of lines that are there already."""
    texts = ("".join(f"{line}\n" for line in lines) for lines in blocks)
    return fitted("\n".join(filter(None, texts)), style.width)


def _lines(block: Block, style: Style) -> Iterable[str]:
    match block:
        case Title(text, more):
            lines = [style.paint(text, "bold"), *(f"  {line}" for line in more)]
        case Legend(said):
            lines = [style.paint(line, "dim") for line in paragraph(said, style.width)]
        case Sentences(lines):
            pass
        case Section(title, said):
            indented = [f"  {line}" for line in said]
            lines = [f"{title[0].lower()}{title[1:]}:", *indented] if indented else []
        case Findings(found):
            lines = findings(found, style)
        case Either(made):
            lines = made()
        case table:
            lines = grid(table, style)
    return lines
