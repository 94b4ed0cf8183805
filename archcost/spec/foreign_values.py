"""Values as other languages write them, and how they are written here.

Python's tuples and words, numbers with separators, `3x3`, templates in braces: what is meant is plain, so the
message can say what to write.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST = 300
"""Characters of a text that are looked at."""

# Only mistakes need these patterns, so they are texts, which `re` compiles when there is one.
_SEPARATED = r"\d{1,3}(,\d{3})+|\d+(_\d+)+"
_TIMES = r"\d+( *[x×,] *\d+)+"
_SUM = r"[\d.]+(\s*[+*/-]\s*[\d.]+)+"
_THOUSANDS = {"k": 1000, "M": 10**6, "G": 10**9}
_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false", "t": "true", "f": "false"}
_TEMPLATE = r"\$?\{+ *([A-Za-z_]\w*) *\}+|%\(?([A-Za-z_]\w*)\)?s?|<([A-Za-z_]\w*)>"
_CALCULATION = r"[\w\s.+*/%()<>=!-]*([+*/%<>=-]|\b(and|or|not)\b)[\w\s.+*/%()<>=!-]*"
_LOGIC = {"and", "or", "not", "if", "else", "true", "false"}


def instead(text: str, known: Collection[str] = ()) -> str:
    """What to write for a value, as the end of a message; empty if nobody knows. `known` are the variables.

    >>> instead("(3, 3)"), instead("1,024"), instead("3x3"), instead("None"), instead("w * 2", ["w"])
    ('; write [3, 3]', '; write 1024', '; write [3, 3]', '; leave it out', '; write $(w * 2)')
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return ""
    if text in {"None", "none", "nil", "undefined", "NULL", "default"}:
        return "; leave it out"
    found = _value(text) or _variable(text, known)
    return f"; write {found}" if found else ""


def _value(text: str) -> str | None:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text[0] == "(" and text[-1] == ")" and (items := parsed(text)) is not None:
        return rendered(items)
    return _number(text)


def _number(text: str) -> str | None:
    """A number with separators or a unit, several with times between them, or a calculation."""
    if re.fullmatch(_SEPARATED, text):
        return re.sub(r"[,_]", "", text)
    if re.fullmatch(_TIMES, text):
        return f"[{', '.join(re.findall(r'[0-9]+', text))}]"
    if not text[:-1].isdecimal():
        return f"$({text})" if re.fullmatch(_SUM, text) else None
    if text[-1] == "%":
        return str(int(text[:-1]) / 100)
    return str(int(text[:-1]) * _THOUSANDS[text[-1]]) if text[-1] in _THOUSANDS else None


def _variable(text: str, known: Collection[str]) -> str | None:
    if match := re.fullmatch(_TEMPLATE, text):
        return f"${next(filter(None, match.groups()))}"
    if text in known:
        return f"${text}"
    names = set(re.findall(r"[A-Za-z_]\w*", text)) - _LOGIC
    is_calculation = names and names.issubset(known) and re.fullmatch(_CALCULATION, text)
    if is_calculation and parsed(text) is not None:
        return f"$({text})"
    return None


def parsed(text: str) -> ast.expr | None:
    """An expression of Python; None if it is none. Nothing is run."""
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def rendered(node: ast.expr) -> str | None:
    """A constant of Python as YAML writes it; None if it is none."""
    if isinstance(node, ast.Tuple | ast.List):
        parts = [rendered(one) for one in node.elts]
        return None if None in parts or not parts else f"[{', '.join(filter(None, parts))}]"
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return str(node.value).lower()
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return str(node.value)
    return None
