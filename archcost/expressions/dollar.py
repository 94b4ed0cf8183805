"""Scalars that begin with `$`: which of them hold an expression, and where it stands in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.errors import ExpressionError
from archcost.expressions.parser import Expression
from archcost.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_QUOTED_OR_PAREN = re.compile(r"'[^']*'?|\"[^\"]*\"?|[()]")


def split_dollar(text: str, limits: Limits = DEFAULT) -> Expression | None:
    """The expression a scalar holds; None for a plain word.

    Raises:
        ExpressionError: it starts with `$`, but not as an expression does; counted from the scalar's start.

    >>> split_dollar("$width").names, split_dollar("$(width // 2)").text, split_dollar("same")
    (frozenset({'width'}), 'width // 2', None)
    """
    if not text.startswith("$"):
        return None
    if text.startswith("$("):
        return _parenthesised(text, limits)
    if _NAME.fullmatch(text, 1):
        return Expression.parse(text[1:], limits, offset=1)
    raise _not_an_expression(text, limits)


def closing(text: str) -> int | None:
    """Where the first parenthesis of `text` closes; None if it does not.

    >>> closing("$(max(w, ')'))")
    13
    """
    return next((at for at, depth in parentheses(text) if depth == 0), None)


def parentheses(text: str) -> Iterator[tuple[int, int]]:
    """Every parenthesis outside quotes: where it stands and how many are open after it."""
    depth = 0
    for match in _QUOTED_OR_PAREN.finditer(text):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
            yield match.start(), depth


def _parenthesised(text: str, limits: Limits) -> Expression:
    end = closing(text)
    if end is None:
        raise ExpressionError("the parenthesis of $( is not closed", width=2)
    rest = text[end + 1 :]
    if rest.lstrip().startswith(")"):
        raise ExpressionError("this parenthesis closes nothing", offset=text.index(")", end + 1))
    if rest.strip():
        inner = text[2:end] if _NAME.fullmatch(text, 2, end) else text[1 : end + 1]
        raise ExpressionError(
            f"the whole expression goes inside the parentheses: $({inner}{rest})",
            offset=end + 1,
            width=len(rest),
        )
    return Expression.parse(text[2:end], limits, offset=2)


def _not_an_expression(text: str, limits: Limits) -> ExpressionError:
    """The error for `${x}`, `$x * 2`, `$5`, `$`."""
    body = text[1:]
    if body.startswith("{"):
        inner = body.strip("{} ")
        write = f"${inner}" if _NAME.fullmatch(inner) else f"$({inner or '...'})"
        return ExpressionError(f"braces are not used: write {write}", width=len(text))
    if not body.strip():
        return ExpressionError("$ stands before a name or a parenthesis: $width, $(width * 2)")
    try:
        Expression.parse(body, limits, offset=1)
    except ExpressionError as error:
        return error
    return ExpressionError(f"a calculation goes into parentheses: $({body})", width=len(text))
