"""Expressions: what stands in `$name` and `$( ... )` (see `archcost.expressions.dollar`).

The grammar is Python's, cut down to numbers, booleans, quoted words, variables, `+ - * / // % **`,
comparisons, `and or not`, `x if c else y`, six functions, and the sizes of taps, `in_height(c3)`. There are
no definitions, no indexing and no other calls, so every expression ends. It is parsed once into closures and
then evaluated any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from archcost.errors import ExpressionError
from archcost.expressions import evaluate
from archcost.expressions.tokens import Token, error_at, tokens
from archcost.expressions.values import FUNCTIONS, bounded, sign
from archcost.limits import DEFAULT, Limits
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.expressions.evaluate import Env, Run
    from archcost.expressions.values import Value

RESERVED = frozenset(
    {"true", "false", "and", "or", "not", "if", "else", "input"}
    | {"in_channels", "in_length", "in_height", "in_width", "in_depth"}
    | FUNCTIONS.keys()
)
"""Names that no variable, parameter or loop variable may take."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read.

    Attributes:
        text: as written, without `$` and the outer parentheses.
        names: the variables it reads, and the sizes of taps, as they are written: `in_height(c3)`.
        offset: where `text` starts in the scalar that holds it. Errors count from the scalar's start.
    """

    text: str
    names: frozenset[str] = field(compare=False)
    offset: int
    _run: Run = field(repr=False, compare=False)

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
        parser = _ExpressionParser(tokens(text, offset), limits)
        run = parser.whole()
        return cls(text, frozenset(parser.names), offset, run)

    def evaluate(self, env: Env) -> Value:
        """The value with these variables.

        A lookup in `env` may itself raise ExpressionError; the error is then placed at the variable.

        Raises:
            ExpressionError: an unknown variable, a division by zero, numbers and words mixed, and the like.

        >>> Expression.parse("0.75 * width if wide else 'same'").evaluate({"width": 64, "wide": True})
        48
        """
        return self._run(env)


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


class _ExpressionParser:
    """Precedence climbing. Operators of one level are folded in a loop, so only nesting goes deep."""

    def __init__(self, tokens: list[Token], limits: Limits) -> None:
        self.names: set[str] = set()
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._limits = limits

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _advance(self) -> Token:
        token = self._token
        self._at += 1
        return token

    def _takes(self, text: str) -> Token | None:
        return self._advance() if self._token.text == text else None

    def _nested(self, parse: Callable[[], Run]) -> Run:
        self._depth += 1
        if self._depth > self._limits.depth:
            raise error_at(
                f"nested more than {self._limits.depth} levels deep (the limit `depth`)", self._token
            )
        run = parse()
        self._depth -= 1
        return run

    def whole(self) -> Run:
        if self._token.kind == "end":
            raise error_at("the expression is empty", self._token)
        run = self._choice()
        if self._token.kind != "end":
            raise self._unexpected(self._token)
        return run

    def _unexpected(self, token: Token) -> ExpressionError:
        """The error for a token after a complete value."""
        if token.text == ")":
            return error_at("this parenthesis closes nothing", token)
        if token.text == ",":
            return error_at("a comma only stands between a function's values", token)
        if token.text == "=":
            return error_at("equality is written ==", token)
        if token.text == "not" and self._tokens[self._at + 1].text == "in":
            return error_at(f"not in: {_NO_NAMES['in']}", token)
        if token.text in _NO_NAMES:
            return error_at(f"{token.text}: {_NO_NAMES[token.text]}", token)
        return error_at(f"an operator is missing before {token.text}", token)

    def _choice(self) -> Run:
        """`x if c else y`, or what binds tighter."""
        value = self._infix(_OR)
        token = self._takes("if")
        if token is None:
            return value
        test = self._infix(_OR)
        if not self._takes("else"):
            raise error_at("`if` needs an `else`: x if condition else y", token)
        return evaluate.choice(value, test, self._nested(self._choice), token)

    def _infix(self, level: int) -> Run:
        """Operators that bind at least as tightly as `level`."""
        left = self._not(level)
        while (here := _LEVELS.get(self._token.text, 0)) >= level:
            rest: list[tuple[Token, Run]] = []
            while _LEVELS.get(self._token.text) == here:
                token = self._advance()
                rest.append((token, self._infix(here + 1)))
            left = self._join(here, left, rest)
        return left

    def _join(self, level: int, left: Run, rest: list[tuple[Token, Run]]) -> Run:
        if level in {_OR, _AND}:
            return evaluate.logic(left, rest, decided=level == _OR)
        if level == _COMPARISON:
            return evaluate.comparison(left, rest)
        return evaluate.fold(left, rest, self._limits.integer)

    def _not(self, level: int) -> Run:
        if self._token.text != "not":
            return self._operand()
        token = self._advance()
        if level > _NOT:
            raise error_at("put `not ...` into parentheses here", token)
        return evaluate.negation(self._nested(partial(self._infix, _NOT)), token)

    def _operand(self) -> Run:
        """`-x`, `+x`, `x ** y` (to the right first), or an atom."""
        if token := self._takes("-") or self._takes("+"):
            return evaluate.unary(partial(sign, token.text), self._nested(self._operand), token)
        base = self._atom()
        if token := self._takes("**"):
            return evaluate.fold(base, [(token, self._nested(self._operand))], self._limits.integer)
        return base

    def _atom(self) -> Run:
        token = self._advance()
        if token.kind == "number":
            return evaluate.constant(self._number(token))
        if token.kind == "word":
            return evaluate.constant(token.text[1:-1])
        if token.kind == "size":
            self.names.add(token.text)
            return evaluate.variable(token)
        if token.kind == "name":
            return self._name(token)
        if token.text == "(":
            run = self._nested(self._choice)
            self._close(token)
            return run
        before = f"before {token.text}" if token.text else "at the end"
        raise error_at(f"a value is missing {before}", token)

    def _close(self, opening: Token) -> None:
        if self._takes(")"):
            return
        if self._token.kind == "end":
            raise error_at("this parenthesis is not closed", opening)
        raise self._unexpected(self._token)

    def _number(self, token: Token) -> Value:
        """Exactly what is written. The exponent is judged before the number is built."""
        digits, _, exponent = token.text.lower().partition("e")
        if len(exponent) > 6 or len(digits) + abs(int(exponent or 0)) > self._limits.integer.bit_length():
            raise error_at("has more digits than numbers here may have (the limit `integer`)", token)
        try:
            return bounded(Fraction(token.text), self._limits.integer)
        except ExpressionError as error:
            raise error_at(str(error), token) from None

    def _name(self, token: Token) -> Run:
        if token.text in {"true", "false"}:
            return evaluate.constant(token.text == "true")
        if token.text in {"and", "or", "not"}:
            raise error_at(f"a value is missing before `{token.text}`", token)
        if token.text in _NO_NAMES:
            raise error_at(f"{token.text}: {_NO_NAMES[token.text]}", token)
        if self._token.text == "(":
            return self._call(token)
        if token.text in FUNCTIONS:
            raise error_at(f"{token.text} is a function: {_SIGNATURES[token.text]}", token)
        self.names.add(token.text)
        return evaluate.variable(token)

    def _call(self, token: Token) -> Run:
        name, opening = token.text, self._advance()
        if name not in FUNCTIONS:
            raise error_at(_unknown_function(name), token)
        values: list[Run] = []
        named: dict[str, Run] = {}
        while not self._takes(")"):
            self._argument(name, values, named)
            if not self._takes(","):
                self._close(opening)
                break
        return evaluate.call(token, _bind(token, values, named), self._limits.integer)

    def _argument(self, name: str, values: list[Run], named: dict[str, Run]) -> None:
        word, equals = self._tokens[self._at], self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if word.kind != "name" or equals.text != "=":
            if named:
                raise error_at("a value without a name cannot follow one with a name", word)
            values.append(self._nested(self._choice))
            return
        if name != "divisible" or word.text not in {"min", "limit"} or word.text in named:
            raise error_at(f"{name} has no room for {word.text}=: {_SIGNATURES[name]}", word)
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
    if name in RESERVED and name.startswith("in_"):
        return f"{name} takes the name of one item or input, {name}(c3); without one it is of what arrives"
    if name in _NO_FUNCTIONS:
        return f"unknown function '{name}': {_NO_FUNCTIONS[name]}"
    near = suggest(name, FUNCTIONS, _OTHER_FUNCTIONS)
    return (
        f"unknown function '{name}'{near or ' (there are ' + ', '.join(FUNCTIONS) + '; a product needs a *)'}"
    )


def _bind(token: Token, values: list[Run], named: dict[str, Run]) -> list[Run]:
    """The function's values in order, defaults filled in."""
    name, count = token.text, len(values) + len(named)
    if name == "divisible":
        fits = len(values) >= 2 and count <= 4 and not ("min" in named and len(values) > 2)
    else:
        fits = count >= 2 if name in {"min", "max"} else count == 1
    if not fits:
        raise error_at(f"{name} got {count} value{'s' * (count != 1)}: {_SIGNATURES[name]}", token)
    if name == "divisible":
        defaults = [named.get("min", values[1]), named.get("limit", evaluate.constant(Fraction(9, 10)))]
        return values + defaults[len(values) - 2 :]
    return values
