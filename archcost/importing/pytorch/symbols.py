"""Sizes that a file leaves open, as it writes them: `Add(Symbol('s0', …), Integer(-1))`."""

from __future__ import annotations

import ast
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LONGEST = 20_000
"""Characters that are read of one size."""

_FUNCTIONS: dict[str, Callable[[Sequence[int]], int]] = {
    "Add": sum,
    "Mul": prod,
    "FloorDiv": lambda numbers: numbers[0] // numbers[1],
    "CleanDiv": lambda numbers: numbers[0] // numbers[1],
    "Mod": lambda numbers: numbers[0] % numbers[1],
    "PythonMod": lambda numbers: numbers[0] % numbers[1],
    "Max": max,
    "Min": min,
}


def symbol(text: str) -> str:
    """The name of a size that is one symbol and nothing else; empty of any other.

    >>> symbol("Symbol('s77', positive=True, integer=True)")
    's77'
    """
    node = _parsed(text)
    return _name(node) if isinstance(node, ast.Call) else ""


def evaluated(text: str, known: Mapping[str, int]) -> int:
    """What a size is, where its symbols are known.

    >>> evaluated("Add(FloorDiv(Symbol('s0', integer=True), Integer(2)), Integer(1))", {"s0": 16})
    9

    Raises:
        ValueError: it has a symbol that is not known, or is not made of whole numbers; the message says what.
    """
    node = _parsed(text)
    try:
        return _value(node, known)
    except (RecursionError, ArithmeticError, IndexError) as error:
        raise ValueError(f"{text[:80]} is no whole number") from error


def _parsed(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise ValueError(f"a size is written in {len(text):,} characters")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text[:80]} is no size") from error


def _name(node: ast.Call) -> str:
    match node:
        case ast.Call(func=ast.Name(id="Symbol"), args=[ast.Constant(value=str() as name)]):
            return name
        case _:
            return ""


def _value(node: ast.expr, known: Mapping[str, int]) -> int:
    match node:
        case ast.Call() if name := _name(node):
            if name not in known:
                raise ValueError(f"the size {name} is not known")
            return known[name]
        case ast.Call(func=ast.Name(id="Integer"), args=[number]):
            return int(ast.literal_eval(number))
        case ast.Call(func=ast.Name(id=word), args=numbers) if word in _FUNCTIONS and numbers:
            return _FUNCTIONS[word]([_value(one, known) for one in numbers])
        case _:
            raise ValueError(f"{ast.unparse(node)[:80]} is no whole number")
