"""Expressions: what stands in `$name` and `$( ... )` (see `archcost.expressions.dollar`).

The grammar is Python's, cut down to numbers, booleans, quoted words, variables, `+ - * / // % **`,
comparisons, `and or not`, `x if c else y` and six functions. There are no definitions, no indexing and no
other calls, so every expression ends. It is parsed once into closures and then evaluated any number of times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.errors import ExpressionError
from archcost.expressions.values import (
    FUNCTIONS,
    Value,
    arithmetic,
    boolean,
    bounded,
    compare,
    function,
    show,
    sign,
)
from archcost.limits import DEFAULT, Limits
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["RESERVED", "Expression", "Value", "show"]

_Env: TypeAlias = "Mapping[str, Value]"
_Run: TypeAlias = "Callable[[_Env], Value]"

RESERVED = frozenset(
    {"true", "false", "and", "or", "not", "if", "else", "input"}
    | {"in_channels", "in_length", "in_height", "in_width", "in_depth"}
    | FUNCTIONS.keys(),
)
"""Names that no variable, parameter or loop variable may take."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read.

    Attributes:
        text: as written, without `$` and the outer parentheses.
        names: the variables it reads.
        offset: where `text` starts in the scalar that holds it. Errors count from the scalar's start.
    """

    text: str
    names: frozenset[str] = field(compare=False)
    offset: int
    _run: _Run = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, limits: Limits = DEFAULT, offset: int = 0) -> Expression:
        """Read an expression.

        Raises:
            ExpressionError: it is none, or too long or deep; `offset` and `width` point at the culprit.

        >>> sorted(Expression.parse("max(width * 2, 8)").names)
        ['width']
        """
        if len(text) > limits.expression_length:
            raise ExpressionError(
                f"the expression has {len(text)} characters, more than {limits.expression_length} "
                "(the limit `expression_length`)",
                offset=offset,
            )
        parser = _Parser(_tokens(text, offset), limits)
        run = parser.whole()
        return cls(text, frozenset(parser.names), offset, run)

    def evaluate(self, env: _Env) -> Value:
        """The value with these variables.

        A lookup in `env` may itself raise ExpressionError; the error is then placed at the variable.

        Raises:
            ExpressionError: an unknown variable, a division by zero, numbers and words mixed, and the like.

        >>> Expression.parse("0.75 * width if wide else 'same'").evaluate({"width": 64, "wide": True})
        48
        """
        return self._run(env)


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)
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
    "[": "a list is used whole: it has no parts to pick out, and none is written in an expression",
    "]": "a list is used whole: it has no parts to pick out, and none is written in an expression",
    "{": "groups are written with ( and )",
    "}": "groups are written with ( and )",
    "$": "inside $( ) a variable stands without $",
    ".": "there are no attributes, only variables and numbers",
    "'": "this quote is not closed",
    '"': "this quote is not closed",
    "\N{MULTIPLICATION SIGN}": "write *",
    "\N{MIDDLE DOT}": "write *",
    "\N{DIVISION SIGN}": "write /",
    "\N{MINUS SIGN}": "write the plain minus, -",
    "\N{EN DASH}": "write the plain minus, -",
    "\N{LESS-THAN OR EQUAL TO}": "write <=",
    "\N{GREATER-THAN OR EQUAL TO}": "write >=",
    "\N{NOT EQUAL TO}": "write !=",
    "\N{LEFT SINGLE QUOTATION MARK}": "write plain quotes, 'word'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "write plain quotes, 'word'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "write plain quotes, 'word'",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "write plain quotes, 'word'",
    "\N{NO-BREAK SPACE}": "this is a no-break space; write a plain one",
}


def _tokens(text: str, offset: int) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _foreign(text, at, offset)
        kind, start, at = match.lastgroup, match.start(match.lastgroup), match.end()
        tokens.append(_Token(kind, text[start:at], offset + start))
        if kind == "number":
            _check_end(text, start, at, offset)
    return tokens


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


def _error(why: str, token: _Token) -> ExpressionError:
    return ExpressionError(why, offset=token.offset, width=max(1, len(token.text)))


_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT = range(1, 7)
_LEVELS = (
    {"or": _OR, "and": _AND, "+": _SUM, "-": _SUM}
    | dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), _COMPARISON)
    | dict.fromkeys(("*", "/", "//", "%"), _PRODUCT)
)
"""How tightly each infix operator binds."""

_NO_NAMES = {
    "True": "write true",
    "False": "write false",
    "None": "there is no empty value",
    "null": "there is no empty value",
    "is": "write ==",
    "in": "compare with == and join with `or`",
    "lambda": "nothing can be defined in an expression",
    "for": "an expression does not loop; `repeat` does",
    "if": "a choice is written `x if condition else y`",
    "else": "a choice is written `x if condition else y`",
}
_NO_FUNCTIONS = {
    "sqrt": "write x ** 0.5",
    "pow": "write x ** y",
    "abs": "write max(x, -x)",
    "len": "a list has no length here; give its length a variable of its own",
    "sum": "a list is used whole; write the sum out",
    "range": "a repeat counts: `repeat: {i: 3}`",
}
_OTHER_FUNCTIONS = {
    "make_divisible": "divisible",
    "_make_divisible": "divisible",
    "round_filters": "divisible",
    "int": "floor",
    "ceiling": "ceil",
    "maximum": "max",
    "minimum": "min",
}


class _Parser:
    """Precedence climbing. Operators of one level are folded in a loop, so only nesting goes deep."""

    def __init__(self, tokens: list[_Token], limits: Limits) -> None:
        self.names: set[str] = set()
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._limits = limits

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _advance(self) -> _Token:
        token = self._token
        self._at += 1
        return token

    def _takes(self, text: str) -> _Token | None:
        return self._advance() if self._token.text == text else None

    def _nested(self, parse: Callable[[], _Run]) -> _Run:
        self._depth += 1
        if self._depth > self._limits.depth:
            raise _error(
                f"nested more than {self._limits.depth} levels deep (the limit `depth`)", self._token
            )
        run = parse()
        self._depth -= 1
        return run

    def whole(self) -> _Run:
        if self._token.kind == "end":
            raise _error("the expression is empty", self._token)
        run = self._choice()
        if self._token.kind != "end":
            raise self._unexpected(self._token)
        return run

    def _unexpected(self, token: _Token) -> ExpressionError:
        """The error for a token after a complete value."""
        if token.text == ")":
            return _error("this parenthesis closes nothing", token)
        if token.text == ",":
            return _error("a comma only stands between a function's values", token)
        if token.text == "=":
            return _error("equality is written ==", token)
        if token.text == "not" and self._tokens[self._at + 1].text == "in":
            return _error(f"not in: {_NO_NAMES['in']}", token)
        if token.text in _NO_NAMES:
            return _error(f"{token.text}: {_NO_NAMES[token.text]}", token)
        return _error(f"an operator is missing before {token.text}", token)

    def _choice(self) -> _Run:
        """`x if c else y`, or what binds tighter."""
        value = self._infix(_OR)
        token = self._takes("if")
        if token is None:
            return value
        test = self._infix(_OR)
        if not self._takes("else"):
            raise _error("`if` needs an `else`: x if condition else y", token)
        return _choice(value, test, self._nested(self._choice), token)

    def _infix(self, level: int) -> _Run:
        """Operators that bind at least as tightly as `level`."""
        left = self._not(level)
        while (here := _LEVELS.get(self._token.text, 0)) >= level:
            rest: list[tuple[_Token, _Run]] = []
            while _LEVELS.get(self._token.text) == here:
                token = self._advance()
                rest.append((token, self._infix(here + 1)))
            left = self._join(here, left, rest)
        return left

    def _join(self, level: int, left: _Run, rest: list[tuple[_Token, _Run]]) -> _Run:
        if level in {_OR, _AND}:
            return _logic(left, rest, level == _OR)
        if level == _COMPARISON:
            return _comparison(left, rest)
        return _fold(left, rest, self._limits.integer)

    def _not(self, level: int) -> _Run:
        if self._token.text != "not":
            return self._operand()
        token = self._advance()
        if level > _NOT:
            raise _error("put `not ...` into parentheses here", token)
        return _unary(_invert, self._nested(partial(self._infix, _NOT)), token)

    def _operand(self) -> _Run:
        """`-x`, `+x`, `x ** y` (to the right first), or an atom."""
        if token := self._takes("-") or self._takes("+"):
            return _unary(partial(sign, token.text), self._nested(self._operand), token)
        base = self._atom()
        if token := self._takes("**"):
            return _fold(base, [(token, self._nested(self._operand))], self._limits.integer)
        return base

    def _atom(self) -> _Run:
        token = self._advance()
        if token.kind == "number":
            return _constant(self._number(token))
        if token.kind == "word":
            return _constant(token.text[1:-1])
        if token.kind == "name":
            return self._name(token)
        if token.text == "(":
            run = self._nested(self._choice)
            self._close(token)
            return run
        before = f"before {token.text}" if token.text else "at the end"
        raise _error(f"a value is missing {before}", token)

    def _close(self, opening: _Token) -> None:
        if self._takes(")"):
            return
        if self._token.kind == "end":
            raise _error("this parenthesis is not closed", opening)
        raise self._unexpected(self._token)

    def _number(self, token: _Token) -> Value:
        """Exactly what is written. The exponent is judged before the number is built."""
        digits, _, exponent = token.text.lower().partition("e")
        if len(exponent) > 6 or len(digits) + abs(int(exponent or 0)) > self._limits.integer.bit_length():
            raise _error("has more digits than numbers here may have (the limit `integer`)", token)
        try:
            return bounded(Fraction(token.text), self._limits.integer)
        except ExpressionError as error:
            raise _error(str(error), token) from None

    def _name(self, token: _Token) -> _Run:
        if token.text in {"true", "false"}:
            return _constant(token.text == "true")
        if token.text in {"and", "or", "not"}:
            raise _error(f"a value is missing before `{token.text}`", token)
        if token.text in _NO_NAMES:
            raise _error(f"{token.text}: {_NO_NAMES[token.text]}", token)
        if self._token.text == "(":
            return self._call(token)
        if token.text in FUNCTIONS:
            raise _error(f"{token.text} is a function: {_SIGNATURES[token.text]}", token)
        self.names.add(token.text)
        return _variable(token)

    def _call(self, token: _Token) -> _Run:
        name, opening = token.text, self._advance()
        if name not in FUNCTIONS:
            raise _error(_unknown_function(name), token)
        values: list[_Run] = []
        named: dict[str, _Run] = {}
        while not self._takes(")"):
            self._argument(name, values, named)
            if not self._takes(","):
                self._close(opening)
                break
        return _function(token, _bind(token, values, named), self._limits.integer)

    def _argument(self, name: str, values: list[_Run], named: dict[str, _Run]) -> None:
        word, equals = self._tokens[self._at], self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if word.kind != "name" or equals.text != "=":
            if named:
                raise _error("a value without a name cannot follow one with a name", word)
            values.append(self._nested(self._choice))
            return
        if name != "divisible" or word.text not in {"min", "limit"} or word.text in named:
            raise _error(f"{name} has no room for {word.text}=: {_SIGNATURES[name]}", word)
        self._at += 2
        named[word.text] = self._nested(self._choice)


_SIGNATURES = {
    "ceil": "ceil(x)",
    "divisible": "divisible(value, divisor, min, limit), the last two optional",
    "floor": "floor(x)",
    "max": "max(a, b, ...)",
    "min": "min(a, b, ...)",
    "round": "round(x), half to even",
}


def _unknown_function(name: str) -> str:
    if name in _NO_FUNCTIONS:
        return f"unknown function '{name}': {_NO_FUNCTIONS[name]}"
    near = suggest(name, FUNCTIONS, _OTHER_FUNCTIONS)
    return (
        f"unknown function '{name}'{near or ' (there are ' + ', '.join(FUNCTIONS) + '; a product needs a *)'}"
    )


def _bind(token: _Token, values: list[_Run], named: dict[str, _Run]) -> list[_Run]:
    """The function's values in order, defaults filled in."""
    name, count = token.text, len(values) + len(named)
    if name == "divisible":
        fits = len(values) >= 2 and count <= 4 and not ("min" in named and len(values) > 2)
    else:
        fits = count >= 2 if name in {"min", "max"} else count == 1
    if not fits:
        raise _error(f"{name} got {count} value{'s' * (count != 1)}: {_SIGNATURES[name]}", token)
    if name == "divisible":
        defaults = [named.get("min", values[1]), named.get("limit", _constant(Fraction(9, 10)))]
        return values + defaults[len(values) - 2 :]
    return values


def _invert(value: Value) -> Value:
    return not boolean(value, "`not`")


def _constant(value: Value) -> _Run:
    return lambda _: value


def _variable(token: _Token) -> _Run:
    name = token.text

    def run(env: _Env) -> Value:
        try:
            return env[name]
        except KeyError:
            raise _error(f"unknown variable '{name}'{suggest(name, env)}", token) from None
        except ExpressionError as error:
            raise _error(str(error), token) from None

    return run


def _unary(operate: Callable[[Value], Value], operand: _Run, token: _Token) -> _Run:
    def run(env: _Env) -> Value:
        value = operand(env)
        try:
            return operate(value)
        except ExpressionError as error:
            raise _error(str(error), token) from None

    return run


def _fold(first: _Run, rest: list[tuple[_Token, _Run]], limit: int) -> _Run:
    """Arithmetic from left to right."""
    steps = [(token, arithmetic(token.text, limit), operand) for token, operand in rest]

    def run(env: _Env) -> Value:
        value = first(env)
        for token, operate, operand in steps:
            right = operand(env)
            try:
                value = operate(value, right)
            except ExpressionError as error:
                raise _error(str(error), token) from None
        return value

    return run


def _comparison(first: _Run, rest: list[tuple[_Token, _Run]]) -> _Run:
    """`a < b`, and `a < b < c` for both."""

    def run(env: _Env) -> Value:
        left = first(env)
        for token, operand in rest:
            right = operand(env)
            try:
                if not compare(token.text, left, right):
                    return False
            except ExpressionError as error:
                raise _error(str(error), token) from None
            left = right
        return True

    return run


def _logic(first: _Run, rest: list[tuple[_Token, _Run]], decided: bool) -> _Run:
    """`or` (decided by the first true) and `and` (by the first false)."""
    operands = [first, *(operand for _, operand in rest)]
    tokens = [rest[0][0], *(token for token, _ in rest)]

    def run(env: _Env) -> Value:
        for token, operand in zip(tokens, operands, strict=True):
            if _truth(operand, env, token) == decided:
                return decided
        return not decided

    return run


def _truth(operand: _Run, env: _Env, token: _Token) -> bool:
    value = operand(env)
    try:
        return boolean(value, f"`{token.text}`")
    except ExpressionError as error:
        raise _error(str(error), token) from None


def _choice(value: _Run, test: _Run, other: _Run, token: _Token) -> _Run:
    return lambda env: value(env) if _truth(test, env, token) else other(env)


def _function(token: _Token, operands: list[_Run], limit: int) -> _Run:
    apply = function(token.text, limit)

    def run(env: _Env) -> Value:
        values = [operand(env) for operand in operands]
        try:
            return apply(*values)
        except ExpressionError as error:
            raise _error(str(error), token) from None

    return run
