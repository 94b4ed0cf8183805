"""Tables: a plain one for a terminal, one of pipes for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import tabulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.report.style import Style


def grid(
    rows: Sequence[Sequence[str]], headers: Sequence[str], style: Style, align: Sequence[str] | None = None
) -> list[str]:
    """The lines of a table below a bold head.

    Args:
        rows: cells, as they are shown.
        headers: what stands above each column.
        style: whether to colour.
        align: `left` or `right`, per column; left without.

    >>> from archcost.report.style import Style
    >>> grid([["conv", "9"], ["relu", ""]], ["layer", "params"], Style(), ["left", "right"])
    ['layer      params', '-------  --------', 'conv            9', 'relu']
    """
    text = tabulate(rows, headers, "simple", colalign=align, disable_numparse=True)
    head, *body = (line.rstrip() for line in text.splitlines())
    return [style.paint(head, "bold"), *body]


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
    return tabulate(rows, headers, "pipe", colalign=align, disable_numparse=True)
