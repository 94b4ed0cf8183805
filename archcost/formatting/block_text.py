"""Texts of several lines behind `|` or `>`: what counts as indentation there, and what as text."""

from __future__ import annotations

import re
from typing import NamedTuple


class BlockText(NamedTuple):
    """A `|` or `>` text.

    Attributes:
        header: the sign and what is said with it: `|`, `>-`, `|2+`.
        comment: the one behind the header, or nothing.
        indicator: the indentation the header asks for, in columns; 0 if it does not.
        lines: the text's lines without their indentation, those included that a `+` keeps.
    """

    header: str
    comment: str
    indicator: int
    lines: list[str]

    def indented(self, by: int) -> list[str]:
        """The lines at another indentation."""
        return [" " * by + line if line else "" for line in self.lines]


_HEADER = re.compile(r"(?P<header>[|>][-+0-9]*)\s*(?P<comment>#.*)?")


def block_text(written: str, value: str, column: int) -> BlockText:
    r"""A text as it is written, from its `|` or `>` on, that means `value` in a collection at a column.

    >>> block_text("|  # why\n    a\n\n      b\n", "a\n\n  b\n", 0)
    BlockText(header='|', comment='# why', indicator=0, lines=['a', '', '  b'])
    """
    first, *rest = written.split("\n")
    found = _HEADER.fullmatch(first.rstrip())
    header, comment = (found["header"], found["comment"] or "") if found else (first, "")
    digit = re.search(r"[1-9]", header)
    indicator = int(digit[0]) if digit else 0
    indentation = column + indicator if digit else _indentation(rest)
    lines = [line[indentation:] for line in rest]
    while lines and not lines[-1]:
        lines.pop()
    if "+" in header:
        breaks = len(value) - len(value.rstrip("\n"))
        lines += [""] * (breaks - 1 if lines else breaks)
    if lines and "-" not in header and not value.endswith("\n"):
        header = header.replace("+", "") + "-"  # the file ends before the line does
    return BlockText(header, comment, indicator, lines)


def _indentation(lines: list[str]) -> int:
    """Of the first line that is not empty."""
    first = next((line for line in lines if line.strip(" ")), "")
    return len(first) - len(first.lstrip(" ")) if first else max(map(len, lines), default=0)
