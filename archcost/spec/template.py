"""Values as a spec writes them: constants, expressions, and lists and mappings of these."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, cast

from archcost.errors import ExpressionError
from archcost.expressions.dollar import split_dollar
from archcost.expressions.tokens import tap_of
from archcost.expressions.values import show
from archcost.layers import find
from archcost.source import Place
from archcost.spec.document import Ref
from archcost.spec.foreign_values import instead
from archcost.spec.naming import Readable
from archcost.spec.problems import Mistake
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode, resolve
from archcost.words.suggest import suggest, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from archcost.expressions.parser import Expression
    from archcost.expressions.values import Value
    from archcost.limits import Limits
    from archcost.spec.problems import Problems
    from archcost.spec.yaml_reader import Tree

Field: TypeAlias = "Value | tuple[Field, ...] | dict[str, Field] | None"
"""What a field of a layer may hold once its expressions have values."""

IN_NAMES = ("in_channels", "in_length", "in_height", "in_width", "in_depth")
"""What every expression inside the layers knows about the tensor that arrives, and about any by its name."""

_FEW = 8
"""Variables that a message lists."""

_COUNTERS = ("i", "j", "idx", "index", "step", "iteration")

ANY = "*"
"""Among the known variables: some could not be read, so any name may be one of them."""

OF_BLOCK = "()"
"""Among the known variables: they are those that a block knows, which may have others as its parameters."""


class Template:
    """A value of the spec: constant, or waiting for the variables in `names`."""

    __slots__ = ("_constant", "_expression", "_parts", "_unreadable", "names", "node")

    def __init__(self, node: Tree, known: Collection[str], problems: Problems, limits: Limits) -> None:
        """Compile a node; unknown variables and unreadable expressions go to `problems`."""
        self.node = node
        self.names: frozenset[str] = frozenset()
        self._expression: Expression | None = None
        self._parts: tuple[Template, ...] | dict[str, Template] = ()
        self._constant: Field = None
        self._unreadable = False
        if isinstance(node, ScalarNode):
            self._compile_scalar(node, known, problems, limits)
            return
        if isinstance(node, SequenceNode):
            parts = self._parts = tuple(Template(item, known, problems, limits) for item in node.items)
        else:
            self._parts = {e.key.text: Template(e.value, known, problems, limits) for e in node.entries}
            parts = tuple(self._parts.values())
        self.names = frozenset[str]().union(*(p.names for p in parts))
        if not any(p.waits for p in parts):  # a list or mapping of constants is a constant
            self._constant, self._parts = self._gather({}), ()

    def _compile_scalar(
        self, node: ScalarNode, known: Collection[str], problems: Problems, limits: Limits
    ) -> None:
        self._constant = node.value
        if not isinstance(node.value, str):
            return
        try:
            self._expression = split_dollar(node.value, limits)
        except ExpressionError as error:
            self._unreadable = True
            if node.value[1:] not in known:  # else it is the name that is wrong, where it is given
                problems.add(_point(node, error.offset, error.width), str(error))
            return
        if self._expression is None:
            return
        self.names = self._expression.names
        for name in sorted(name for name in self.names if name not in known):
            if ANY not in known:
                problems.add(self._place_of_unknown(name), _unknown(name, known))

    @property
    def waits(self) -> bool:
        """Whether the value is only known once expressions are evaluated (or could not be read at all)."""
        return self._expression is not None or bool(self._parts) or self._unreadable

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return self.node.place

    def place_of(self, name: str) -> Place:
        """Where an expression reads a variable."""
        if self._expression is None:
            return self.place
        bare = re.sub(r"'[^']*'|\"[^\"]*\"", lambda quoted: " " * len(quoted[0]), self._expression.text)
        at = re.search(rf"\b{re.escape(name)}(?![\w(])", bare)
        return _point(self.node, self._expression.offset + (at.start() if at else 0), len(name))

    def _place_of_unknown(self, name: str) -> Place:
        """Where a variable is read, or where a tap is named whose size is."""
        place, tap = self.place_of(name), tap_of(name)
        if tap is None or not place.text().startswith(name, place.column - 1):
            return place
        return place._replace(column=place.column + name.index(tap, name.index("(")), width=len(tap))

    @property
    def origin(self) -> str:
        """How the value was computed, for error messages: ` (from $(width * 2))`, or nothing."""
        return f" (from {self.node.text})" if self._expression and isinstance(self.node, ScalarNode) else ""

    def resolve(self, env: Mapping[str, Value]) -> Field:
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

    def _gather(self, env: Mapping[str, Value]) -> Field:
        if isinstance(self._parts, dict):
            return {name: part.resolve(env) for name, part in self._parts.items()}
        return tuple(part.resolve(env) for part in self._parts)

    def value(self, env: Mapping[str, Value]) -> Value:
        """The value of a variable, which passed `check_plain`."""
        return cast("Value", self.resolve(env))

    def as_ref(self) -> Ref:
        """The tap this value names (`like: c3`)."""
        return Ref(self.node.text if isinstance(self.node, ScalarNode) else "", self.place)

    def boolean(self, env: Mapping[str, Value], known: Collection[str] = (), what: str = "when") -> bool:
        """The value of a `when` or `require`; `known` are the variables that it may have."""
        value = self.resolve(env)
        if not isinstance(value, bool):
            wanted = f"it must be true or false{rewritten(self.node, 'true or false', known)}"
            raise Mistake(self.place, f"{what} is {describe(value)}{self.origin}; {wanted}")
        return value

    def count(self, env: Mapping[str, Value], what: str, known: Collection[str] = ()) -> int:
        """How often a `repeat` runs: a whole number, or the empty list, which is none."""
        value = self.resolve(env)
        if value == ():
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            wanted = "a whole number from 0" + ("" if what == "the count" else ", or a list of values")
            text = f"repeat: {what} is {describe(value)}{self.origin}; it must be {wanted}"
            raise Mistake(self.place, text + rewritten(self.node, wanted, known))
        return value


def _unknown(name: str, known: Collection[str]) -> str:
    """What to say of a name that an expression reads and that is not known."""
    tap = tap_of(name)
    if tap is not None and isinstance(known, Readable):
        return known.names.unseen(tap.partition(".")[0])
    return f"unknown variable '{name}'{_instead(name, known)}"


def _instead(name: str, known: Collection[str]) -> str:
    """What to do about a variable that is not known, as the end of a message."""
    if name in IN_NAMES or tap_of(name) is not None:
        return ": only expressions inside the layers know the tensor that arrives"
    own = sorted(set(known).difference(IN_NAMES, [OF_BLOCK]))
    if near := suggest(name, own) or translate(name, IN_NAMES, {}):
        return near
    if name in _COUNTERS and not set(_COUNTERS).intersection(known):
        return f"; a repeat names what it counts: `repeat: {{{name}: 3}}`"
    if find(name):
        return f"; a word stands in quotes: '{name}'"
    known_here = f"; known here: {', '.join(own)}" if 0 < len(own) <= _FEW else ""
    if OF_BLOCK in known:
        return f"{known_here}; a parameter of the block stands under its `params`, as `{name}: required`"
    return known_here if own else "; declare it under `vars`"


def check_plain(node: Tree, what: str) -> None:
    """Whether a node can be the value of a variable.

    Raises:
        Mistake: it is empty or a mapping, or a list that holds such.
    """
    if isinstance(node, SequenceNode):
        for one in node.items:
            check_plain(one, what)
    elif isinstance(node, MappingNode) or node.value is None:
        wanted = "it must be a number, true or false, a word or a list of these"
        raise Mistake(node.place, f"{what} is {shown(node)}; {wanted}")


def describe(value: Field) -> str:
    """A value in the words of the spec, for error messages."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, tuple):
        return "[" + ", ".join(describe(v) for v in value) + "]"
    return show(value)


def shown(node: Tree) -> str:
    """A node as it stands, for messages that say `... is`."""
    if isinstance(node, ScalarNode):
        return describe(node.value)
    if isinstance(node, SequenceNode):
        return "a list" if node.items else "an empty list"
    return "a mapping" if node.entries else "an empty mapping"


def sort(value: Field) -> type:
    """What counts as the same sort of value: a boolean is no number, and all numbers are alike."""
    return float if isinstance(value, int | Fraction) and not isinstance(value, bool) else type(value)


def has_dashes(node: Tree) -> bool:
    """Whether a mapping is written as a list: with a dash before each of its keys."""
    items = node.items if isinstance(node, SequenceNode) else []
    return len(items) > 0 and all(len(one.pairs()) == 1 for one in items)


def rewritten(
    node: Tree, wanted: str, known: Collection[str] = (), fits: Callable[[Field], bool] = lambda _: True
) -> str:
    """What to add, where a number or a boolean is wanted, if it is there in quotes or in another language.

    Args:
        node: what is there.
        wanted: what must be, in words.
        known: the variables.
        fits: whether a value can stand there, or nothing (None); what cannot is not proposed.
    """
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or node.text.startswith("$"):
        return ""
    try:
        meant = resolve(node.text)
    except ValueError:
        return ""
    if node.text and not isinstance(meant, str):
        return ", without quotes" if fits(meant) else ""
    found = instead(node.text, known)
    if "$" in found:
        return found
    is_boolean = found.endswith((" true", " false"))
    return found if is_boolean == wanted.startswith("true") and fits(proposed(found)) else ""


def proposed(tail: str) -> Field:
    """The value that the end of a message proposes to write; None if it is to be left out.

    >>> proposed("; write [3, 3]"), proposed("; write 1024"), proposed("; leave it out")
    ((3, 3), 1024, None)
    """
    text = tail.removeprefix("; write ")
    if text == tail:
        return None
    return tuple(map(resolve, text[1:-1].split(", "))) if text.startswith("[") else resolve(text)


def _point(node: Tree, offset: int, width: int) -> Place:
    """A stretch inside a scalar's text; its beginning if the text cannot be found as it was written."""
    place = node.place
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        return place
    column = place.column - 1 + offset + (0 if node.plain else 1)
    wanted = node.value[offset : offset + width]
    if place.text()[column : column + width] == wanted:
        return Place(place.source, place.line, column + 1, width)
    return _point_below(node, node.value[:offset], wanted) or place


def _point_below(node: ScalarNode, before: str, wanted: str) -> Place | None:
    """The same in a text over several lines: YAML changes its spaces and line breaks, nothing else."""
    place = node.place
    start = place.column - 1 + (0 if node.plain else 1)
    if place.text()[start - 1 : start] in {"|", ">"}:
        start = len(place.text())
    skip = len("".join(before.split()))
    for number, line in enumerate(place.source.lines[place.line - 1 :], place.line):
        for column in range(start, len(line)):
            if line[column].isspace() or (line[column] == "\\" and column == len(line) - 1):
                continue
            if skip == 0:
                found = wanted and line.startswith(wanted, column)
                return Place(place.source, number, column + 1, len(wanted)) if found else None
            skip -= 1
        start = 0
    return None
