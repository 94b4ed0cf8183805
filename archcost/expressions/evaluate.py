"""What an expression is run as: closures, from variables to a value, put together by the parser.

An error is placed at the token of the operator, function or variable that it comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import ExpressionError
from archcost.expressions.tokens import error_at
from archcost.expressions.values import arithmetic, boolean, compare, function
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcost.expressions.tokens import Token
    from archcost.expressions.values import Value

Env: TypeAlias = "Mapping[str, Value]"
Run: TypeAlias = "Callable[[Env], Value]"


def constant(value: Value) -> Run:
    """A number, a boolean or a word."""
    return lambda _: value


def variable(token: Token) -> Run:
    """The value of a name."""
    name = token.text

    def run(env: Env) -> Value:
        try:
            return env[name]
        except KeyError:
            raise error_at(f"unknown variable '{name}'{suggest(name, env)}", token) from None
        except ExpressionError as error:
            raise error_at(str(error), token) from None

    return run


def _at(token: Token, operate: Callable[..., Value], *values: Value) -> Value:
    """The value of an operation, whose error is placed at its token."""
    try:
        return operate(*values)
    except ExpressionError as error:
        raise error_at(str(error), token) from None


def unary(operate: Callable[[Value], Value], operand: Run, token: Token) -> Run:
    """`-x`, `+x`."""
    return lambda env: _at(token, operate, operand(env))


def negation(operand: Run, token: Token) -> Run:
    """`not x`."""
    return lambda env: not _truth(token, operand, env)


def fold(first: Run, rest: list[tuple[Token, Run]], limit: int) -> Run:
    """Arithmetic from left to right."""
    steps = [(token, arithmetic(token.text, limit), operand) for token, operand in rest]

    def run(env: Env) -> Value:
        value = first(env)
        for token, operate, operand in steps:
            value = _at(token, operate, value, operand(env))
        return value

    return run


def comparison(first: Run, rest: list[tuple[Token, Run]]) -> Run:
    """`a < b`, and `a < b < c` for both."""

    def run(env: Env) -> Value:
        left = first(env)
        for token, operand in rest:
            right = operand(env)
            if not _at(token, compare, token.text, left, right):
                return False
            left = right
        return True

    return run


def logic(first: Run, rest: list[tuple[Token, Run]], *, decided: bool) -> Run:
    """`or` (decided by the first true) and `and` (by the first false)."""
    operands = [(rest[0][0], first), *rest]
    return lambda env: decided if any(_truth(t, run, env) == decided for t, run in operands) else not decided


def choice(value: Run, test: Run, other: Run, token: Token) -> Run:
    """`value if test else other`; `token` is the `if`."""
    return lambda env: value(env) if _truth(token, test, env) else other(env)


def _truth(token: Token, operand: Run, env: Env) -> Value:
    return _at(token, boolean, operand(env), f"`{token.text}`")


def call(token: Token, operands: list[Run], limit: int) -> Run:
    """A function of the language."""
    apply = function(token.text, limit)
    return lambda env: _at(token, apply, *[operand(env) for operand in operands])
