"""What expansion knows at one place: what arrives, the taps and variables in sight, the path so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.errors import ExpressionError
from archcost.windows.window import axis_names, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.expressions.values import Value
    from archcost.network import Input, Node
    from archcost.spec.problems import Uses
    from archcost.spec.sharing import Shared


class Unknown:
    """A tensor whose shape is not known because its layer failed (and was reported)."""

    path = "?"


Wire: TypeAlias = "Node | Input | Unknown"
Flow: TypeAlias = "tuple[Wire, ...]"
"""What arrives at an item: one tensor, or several in order."""

UNKNOWN: Flow = (Unknown(),)


class Lost(Exception):  # noqa: N818 - no error: a value that depends on an unknown tensor
    """A value was asked of an unknown tensor: stay silent, its mistake is reported."""


class Tap:
    """What can be read of an item: its output, and its iterations and named outputs."""

    __slots__ = ("flow", "parts")

    def __init__(self, flow: Flow, parts: dict[str, Tap] | None = None) -> None:
        self.flow = flow
        self.parts = parts or {}


class Taps:
    """The taps of one sequence, and those around it."""

    __slots__ = ("outer", "own")

    def __init__(self, outer: Taps | None = None) -> None:
        self.outer = outer
        self.own: dict[str, Tap] = {}

    def find(self, name: str) -> Tap | None:
        """The innermost tap of that name; None where its item failed to parse."""
        scope: Taps | None = self
        while scope is not None:
            if name in scope.own:
                return scope.own[name]
            scope = scope.outer
        return None


class Environment(Mapping[str, "Value"]):
    """The variables of an expression, and what it knows of the tensor that arrives."""

    __slots__ = ("_variables", "flow")

    def __init__(self, variables: dict[str, Value], flow: Flow) -> None:
        self._variables = variables
        self.flow = flow

    def __getitem__(self, name: str) -> Value:
        value = self._variables.get(name)
        return value if value is not None else self._arriving(name)

    def _arriving(self, name: str) -> int:
        if not name.startswith("in_"):
            raise KeyError(name)
        if len(self.flow) != 1:
            raise ExpressionError(f"{name} is not one number here: {len(self.flow)} tensors arrive")
        wire = self.flow[0]
        if isinstance(wire, Unknown):
            raise Lost
        shape = wire.output
        if name == "in_channels":
            return shape[0]
        names = axis_names(len(shape) - 1)
        if name[3:] not in names:
            arrives = show(shape) if names else f"a vector of {show(shape)}"
            raise ExpressionError(f"{name}: what arrives is {arrives}; it has no {name[3:]}")
        return shape[1 + names.index(name[3:])]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class Frame(NamedTuple):
    """Where expansion stands: path so far, visible taps, variables, and the calls that led here."""

    prefix: str
    taps: Taps
    variables: dict[str, Value]
    uses: Uses = ()
    shared: Shared | None = None
    depth: int = 0

    def inside(self, segment: str | None) -> Frame:
        """One structure further in: a segment on the path (None adds nothing), names of its own."""
        prefix = f"{self.prefix}{segment}." if segment else self.prefix
        return Frame(prefix, Taps(self.taps), self.variables, self.uses, self.shared, self.depth + 1)
