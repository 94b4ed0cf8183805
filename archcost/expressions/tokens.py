"""The tokens of an expression, and what is said of a character that begins none."""

from __future__ import annotations

import re
from typing import NamedTuple

from archcost.errors import ExpressionError


class Token(NamedTuple):
    """A number, a name, the size of a tap (`in_height(c3)`), a quoted word, a symbol or the end.

    `offset` counts from the start of the scalar.
    """

    kind: str
    text: str
    offset: int


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)
    | (?P<size>in_(?:channels|length|height|width|depth)\s*\(\s*[\w-]+(?:\.[\w-]+)*\s*\))
    | (?P<name>[A-Za-z_][A-Za-z_0-9]*)
    | (?P<word>'[^']*'|"[^"]*")
    | (?P<symbol>\*\*|//|[<>=!]=|[-+*/%<>(),=])
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)

_INSTEAD = {
    "!": "write `not`",
    "&": "write `and`",
    "|": "write `or`",
    "^": "a power is written **",
    "?": "a choice is written `x if condition else y`",
    ":": "nothing is defined here; a choice is written `x if condition else y`",
    **dict.fromkeys(
        "[]", "a list is used whole: it has no parts to pick out, and none is written in an expression"
    ),
    **dict.fromkeys("{}", "groups are written with ( and )"),
    "$": "inside $( ) a variable stands without $",
    ".": "there are no attributes, only variables and numbers",
    **dict.fromkeys("'\"", "this quote is not closed"),
    **dict.fromkeys("\N{MULTIPLICATION SIGN}\N{MIDDLE DOT}", "write *"),
    "\N{DIVISION SIGN}": "write /",
    **dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}", "write the plain minus, -"),
    "\N{LESS-THAN OR EQUAL TO}": "write <=",
    "\N{GREATER-THAN OR EQUAL TO}": "write >=",
    "\N{NOT EQUAL TO}": "write !=",
    **dict.fromkeys("\u2018\u2019\u201c\u201d", "write plain quotes, 'word'"),
    "\N{NO-BREAK SPACE}": "this is a no-break space; write a plain one",
}


def tokens(text: str, offset: int) -> list[Token]:
    """The tokens of a text that stands at an offset in its scalar; the last is the end.

    Raises:
        ExpressionError: a character that means nothing, or a number that runs on into letters.
    """
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _foreign(text, at, offset)
        kind, start, at = match.lastgroup, match.start(match.lastgroup), match.end()
        found.append(Token(kind, text[start:at], offset + start))
        if kind == "number":
            _check_end(text, start, at, offset)
    return found


def tap_of(name: str) -> str | None:
    """The tap whose size an expression reads under this name; None if the name is a variable.

    >>> tap_of("in_height(stage.2)"), tap_of("in_height")
    ('stage.2', None)
    """
    _, opening, tap = name.partition("(")
    return tap.rstrip(")").strip() if opening else None


def _foreign(text: str, at: int, offset: int) -> ExpressionError:
    """The error for a character that starts nothing."""
    while text[at].isspace() and text[at].isascii():
        at += 1
    char = text[at]
    shown = f"{char!r}" if char.isprintable() else f"U+{ord(char):04X}"
    if char.isalpha():
        return ExpressionError(
            f"{shown}: names are written in the letters a-z, digits and _", offset=offset + at
        )
    advice = _INSTEAD.get(char, "this character has no meaning in an expression")
    return ExpressionError(f"{shown}: {advice}", offset=offset + at)


def _check_end(text: str, start: int, end: int, offset: int) -> None:
    """A number that runs on into letters is none: `3x`, `1_000`, `0x10`, `1.2.3`."""
    tail = re.compile(r"[\w.]*").match(text, end)
    if tail and tail.end() > end:
        shown = text[start : tail.end()]
        product = f"; a product is written {text[start:end]}*{tail[0]}" if tail[0].isalpha() else ""
        raise ExpressionError(f"'{shown}' is not a number{product}", offset=offset + start, width=len(shown))


def error_at(why: str, token: Token) -> ExpressionError:
    """The error at a token."""
    return ExpressionError(why, offset=token.offset, width=max(1, len(token.text)))
