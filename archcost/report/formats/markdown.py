"""A result as GitHub renders it: for a pull request's description or a wiki."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.escape import markdown
from archcost.report.blocks import Either, Findings, Legend, Section, Sentences, Title
from archcost.words.findings import findings
from archcost.words.style import Style
from archcost.words.tables import piped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.report.blocks import Block
    from archcost.report.options import WriteOptions


def write(blocks: Iterable[Block], _options: WriteOptions) -> str:
    """The blocks one below the other, a blank line between them."""
    return joined(map(_text, blocks))


def joined(blocks: Iterable[str]) -> str:
    """Blocks of text that are there already."""
    return "\n\n".join(filter(None, blocks)) + "\n"


def _text(block: Block) -> str:
    match block:
        case Title(title, lines):
            text = "\n\n".join(filter(None, [f"## {markdown(title)}", bullets(lines)]))
        case Legend(lines, listed):
            text = bullets(lines) if listed else "\n".join(lines)
        case Sentences(lines):
            text = bullets(lines)
        case Section(title, lines):
            items = bullets(lines)
            text = f"### {title}\n\n{items}" if items else ""
        case Findings(found):
            text = _text(Section("Findings", findings(found, Style())))
        case Either(markdown=made):
            text = made()
        case table:
            text = piped(table)
    return text


def fenced(lines: Iterable[str]) -> str:
    r"""Lines as they are, in letters of one width. Nothing in them ends that.

    >>> print(fenced(["a = 1", "```"]))
    ````text
    a = 1
    ```
    ````
    """
    text = "\n".join(line.rstrip() for line in lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def bullets(sentences: Iterable[str]) -> str:
    """A list of sentences."""
    return "\n".join(f"- {markdown(sentence)}" for sentence in sentences)
