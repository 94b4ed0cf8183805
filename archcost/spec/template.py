"""Values as a spec writes them: constants, expressions, and lists and mappings of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from archcost.errors import ExpressionError
from archcost.expressions import show, split_dollar
from archcost.source import Place
from archcost.spec.document import Ref
from archcost.spec.problems import Mistake
from archcost.spec.reader import Scalar, Sequence
from archcost.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Mapping as Env

    from archcost.expressions import Expression, Value
    from archcost.limits import Limits
    from archcost.spec.problems import Problems
    from archcost.spec.reader import Tree

Field: TypeAlias = "Value | tuple[Field, ...] | dict[str, Field] | None"
"""What a field of a layer may hold once its expressions have values."""


class Template:
    """A value of the spec: constant, or waiting for the variables in `names`."""

    __slots__ = ("_constant", "_expression", "_parts", "names", "node")

    def __init__(self, node: Tree, known: Collection[str], problems: Problems, limits: Limits) -> None:
        """Compile a node; unknown variables and unreadable expressions go to `problems`."""
        self.node = node
        self.names: frozenset[str] = frozenset()
        self._expression: Expression | None = None
        self._parts: tuple[Template, ...] | dict[str, Template] = ()
        self._constant: Field = None
        if isinstance(node, Scalar):
            self._compile_scalar(node, known, problems, limits)
        elif isinstance(node, Sequence):
            self._parts = tuple(Template(item, known, problems, limits) for item in node.items)
        else:
            self._parts = {e.key.text: Template(e.value, known, problems, limits) for e in node.entries}
        self._fold(node)

    def _compile_scalar(
        self, node: Scalar, known: Collection[str], problems: Problems, limits: Limits
    ) -> None:
        self._constant = node.value
        if not isinstance(node.value, str):
            return
        try:
            self._expression = split_dollar(node.value, limits)
        except ExpressionError as error:
            problems.add(_point(node, error.offset, error.width), str(error))
            return
        if self._expression is None:
            return
        self.names = self._expression.names
        for name in sorted(self.names.difference(known)):
            at = re.search(rf"\b{re.escape(name)}\b", node.value)
            place = _point(node, at.start() if at else 0, len(name))
            problems.add(place, f"unknown variable '{name}'{suggest(name, known)}")

    def _fold(self, node: Tree) -> None:
        """A list or mapping of constants is a constant."""
        if isinstance(node, Scalar):
            return
        parts = self._parts if isinstance(self._parts, tuple) else tuple(self._parts.values())
        self.names = frozenset[str]().union(*(p.names for p in parts))
        if not any(p.waits for p in parts):
            self._constant = self._gather({})
            self._parts = ()

    @property
    def waits(self) -> bool:
        """Whether the value is only known once expressions are evaluated (or could not be read at all)."""
        return self._expression is not None or bool(self._parts)

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return self.node.place

    @property
    def origin(self) -> str:
        """How the value was computed, for error messages: ` (from $(width * 2))`, or nothing."""
        return f" (from {self.node.text})" if self._expression and isinstance(self.node, Scalar) else ""

    def resolve(self, env: Env[str, Value]) -> Field:
        """The value under these variables.

        Raises:
            Mistake: an expression has no value, at the place of its culprit.
        """
        if self._expression is not None:
            try:
                return self._expression.evaluate(env)
            except ExpressionError as error:
                raise Mistake(_point(self.node, error.offset, error.width), str(error)) from None
        return self._gather(env) if self._parts else self._constant

    def _gather(self, env: Env[str, Value]) -> Field:
        if isinstance(self._parts, dict):
            return {name: part.resolve(env) for name, part in self._parts.items()}
        return tuple(part.resolve(env) for part in self._parts)

    def value(self, env: Env[str, Value]) -> Value:
        """The value where only numbers, booleans, words and lists of these will do (a variable's)."""
        return _plain(self.resolve(env), self.place)

    def as_ref(self) -> Ref:
        """The tap this value names (`like: c3`)."""
        return Ref(self.node.text if isinstance(self.node, Scalar) else "", self.place)

    def boolean(self, env: Env[str, Value]) -> bool:
        """The value of a `when`."""
        value = self.resolve(env)
        if not isinstance(value, bool):
            raise Mistake(self.place, f"when is {describe(value)}{self.origin}; it must be true or false")
        return value


def _plain(value: Field, place: Place) -> Value:
    if isinstance(value, dict) or value is None:
        raise Mistake(
            place, f"{describe(value)} is no value; it must be a number, true or false, a word or a list"
        )
    if isinstance(value, tuple):
        return tuple(_plain(v, place) for v in value)
    return value


def describe(value: Field) -> str:
    """A value in the words of the spec, for error messages."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, tuple):
        return "[" + ", ".join(describe(v) for v in value) + "]"
    return show(value)


def _point(node: Tree, offset: int, width: int) -> Place:
    """A stretch inside a scalar's text; its beginning if the text is not on one line as written."""
    place = node.place
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return place
    column = place.column - 1 + offset + (0 if node.plain else 1)
    written = place.text()[column : column + width]
    if written != node.value[offset : offset + width]:
        return place
    return Place(place.source, place.line, column + 1, width)
