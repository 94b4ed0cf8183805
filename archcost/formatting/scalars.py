"""Scalars as they are printed: the author's, with the quotes and the spelling of truth made the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.spec.yaml_reader import resolve

if TYPE_CHECKING:
    from archcost.formatting.tree import Leaf

_WORD = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_]*(?:[-./][A-Za-z0-9_]+)*")
_TRUTH = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}
_ELSEWHERE = frozenset({"y", "n", "yes", "no", "on", "off"})
"""Words here, but not in YAML 1.1: whoever put them into quotes knew why."""


def scalar(text: str, style: str, *, is_key: bool = False) -> str:
    r"""A scalar on one line.

    Quotes around a plain word go, single ones become double ones where nothing has to be escaped.

    >>> [scalar(text, text[0]) for text in ("'relu'", "'010'", "'$(act == ''relu'')'", "'yes'", "'a\\b'")]
    ['relu', '"010"', '"$(act == \'relu\')"', '"yes"', "'a\\b'"]
    >>> scalar("010", ""), scalar("True", ""), scalar("True", "", is_key=True)
    ('010', 'true', 'True')
    """
    if style == "'":
        inside = text[1:-1].replace("''", "'")
        text = text if re.search(r'["\\]', inside) else f'"{inside}"'
    elif not style and not is_key:
        text = _TRUTH.get(text, text)
    bare = text[1:-1]
    return bare if text[:1] == '"' and _is_word(bare) else text


def _is_word(text: str) -> bool:
    if not _WORD.fullmatch(text) or text.lower() in _ELSEWHERE:
        return False
    return isinstance(resolve(text), str)


def lines(leaf: Leaf, indent: int) -> list[str]:
    """A scalar over as many lines as it has; `indent` is that of the collection around it."""
    if leaf.block:
        header = f"{leaf.block.header} {comment(leaf.block.comment)}".rstrip()
        return [header, *leaf.block.indented(indent + (leaf.block.indicator or 2))]
    if "\n" not in leaf.text:
        return [scalar(leaf.text, leaf.style)]
    first, *more = leaf.text.split("\n")
    # YAML drops the blanks around a line, unless the last is escaped.
    inside = [" " * (indent + 2) + _stripped(line.lstrip(" \t")) if line.strip() else "" for line in more]
    return [_stripped(first), *inside]


def _stripped(line: str) -> str:
    bare = line.rstrip(" \t")
    return line if bare.endswith("\\") else bare


def comment(text: str) -> str:
    """A comment with a space behind its `#`."""
    return re.sub(r"^(#+)(?=[^#\s!])", r"\1 ", text)
