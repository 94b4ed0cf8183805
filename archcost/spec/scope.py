"""What expansion knows at one place: what arrives, the taps and variables in sight, the path so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.errors import ExpressionError
from archcost.expressions.tokens import tap_of
from archcost.spec.problems import Mistake
from archcost.windows.window import axis_names, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.expressions.values import Value
    from archcost.network import Input, Node
    from archcost.spec.document import Ref
    from archcost.spec.problems import Uses
    from archcost.spec.sharing import Shared
    from archcost.spec.stacks import Stacks


class Unknown:
    """A tensor whose shape is not known because its layer failed (and was reported)."""

    path = "?"


Wire: TypeAlias = "Node | Input | Unknown"
Flow: TypeAlias = "tuple[Wire, ...]"
"""What arrives at an item: one tensor, or several in order."""

UNKNOWN: Flow = (Unknown(),)


class Lost(Exception):  # noqa: N818 - no error of anybody's
    """A value depends on an unknown tensor: stay silent, its mistake is reported."""


class Tap:
    """What can be read of an item: its output, and its iterations and named outputs."""

    __slots__ = ("flow", "parts")

    def __init__(self, flow: Flow, parts: dict[str, Tap] | None = None) -> None:
        self.flow = flow
        self.parts = parts or {}

    def hang(self, path: list[str], parts: dict[str, Tap]) -> None:
        """Let it be read by a path: `unit.high` is part `high` of a part `unit` without a tensor itself."""
        for step in path[:-1]:
            parts = parts.setdefault(step, Tap(())).parts
        parts[path[-1]] = self

    def named(self, name: str | None) -> dict[str, Wire]:
        """The tensors by name: its own, or its outputs' (`unit.high`), or their nodes' paths."""
        if len(self.flow) == 1:
            return {name or self.flow[0].path: self.flow[0]}
        found = dict(self._outputs_below(name)) if name else {}
        return found if len(found) == len(self.flow) else {wire.path: wire for wire in self.flow}

    def _outputs_below(self, name: str) -> Iterator[tuple[str, Wire]]:
        """The named outputs, which iterations are not."""
        for key, part in self.parts.items():
            if not part.flow:
                yield from part._outputs_below(f"{name}.{key}")  # noqa: SLF001 - the same class
            elif not key.isdigit():
                yield from ((f"{name}.{key}", wire) for wire in part.flow)

    def part_names(self) -> str:
        """What can be read of it: iterations by their range, outputs by their names."""
        names = [key for key in self.parts if not key.isdigit()]
        if len(self.parts) - len(names) > 8:
            return ", ".join([*names, f"0 to {len(self.parts) - len(names) - 1}"])
        return ", ".join(self.parts) or "one output only"


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

    def read(self, ref: Ref) -> Tap:
        """What a tap of the spec means.

        Raises:
            Mistake: it has no such part, or is no output itself.
        """
        try:
            return self.at(ref.text)
        except LookupError as error:
            raise Mistake(ref.place, str(error)) from None

    def at(self, path: str) -> Tap:
        """What a name means, or a name and parts of it: `stage.2`.

        Raises:
            LookupError: it has no such part, or is no output itself.
        """
        walked, *parts = path.split(".")
        tap = self.find(walked)
        for part in parts:
            if tap is None or tap.flow == UNKNOWN:
                break
            if part not in tap.parts:
                raise LookupError(f"'{walked}' has no '{part}'; it has {tap.part_names()}")
            tap, walked = tap.parts[part], f"{walked}.{part}"
        if tap is not None and not (tap.flow or tap.parts):
            raise LookupError(f"'{walked}' is nothing here: no tensor arrives")
        if tap is not None and not tap.flow:
            raise LookupError(f"'{walked}' is no output itself; it has {tap.part_names()}")
        return tap or Tap(UNKNOWN)


class Environment(Mapping[str, "Value"]):
    """The variables of an expression, and the sizes it knows: of the tensor that arrives, and of taps."""

    __slots__ = ("_taps", "_variables", "flow")

    def __init__(self, variables: dict[str, Value], flow: Flow, taps: Taps) -> None:
        self._variables = variables
        self.flow = flow
        self._taps = taps

    def __getitem__(self, name: str) -> Value:
        value = self._variables.get(name)
        return value if value is not None else self._size(name)

    def _size(self, name: str) -> int:
        """A size by its name: `in_height` of what arrives, `in_height(c3)` of a tap."""
        if not name.startswith("in_"):
            raise KeyError(name)
        wanted, tap = name.partition("(")[0].strip(), tap_of(name)
        wire = self._arriving(wanted) if tap is None else self._tap(wanted, tap)
        if isinstance(wire, Unknown):
            raise Lost
        shape, axis = wire.output, wanted.removeprefix("in_")
        names = ("channels", *axis_names(len(shape) - 1))
        if axis not in names:
            found = show(shape) if len(shape) > 1 else f"a vector of {show(shape)}"
            what = "what arrives" if tap is None else f"'{tap}'"
            raise ExpressionError(f"{wanted}: {what} is {found}; it has no {axis}")
        return shape[names.index(axis)]

    def _arriving(self, wanted: str) -> Wire:
        if len(self.flow) != 1:
            arrive = f"{len(self.flow)} tensors arrive" if self.flow else "no tensor arrives"
            text = f"{wanted} is not one number here: {arrive}"
            raise ExpressionError(f"{text}; say of which, {wanted}(NAME)")
        return self.flow[0]

    def _tap(self, wanted: str, name: str) -> Wire:
        try:
            flow = self._taps.at(name).flow
        except LookupError as error:
            raise ExpressionError(f"{wanted}: {error}") from None
        if len(flow) != 1:
            raise ExpressionError(f"{wanted}: '{name}' names {len(flow)} tensors; name one")
        return flow[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class Frame(NamedTuple):
    """Where expansion stands: path so far, visible taps, variables, and the calls that led here."""

    prefix: str
    taps: Taps
    variables: dict[str, Value]
    stacks: Stacks
    uses: Uses = ()
    shared: Shared | None = None
    depth: int = 0

    def env(self, flow: Flow) -> Environment:
        """What an expression knows here of a flow that arrives."""
        return Environment(self.variables, flow, self.taps)

    def inside(self, segment: str | None) -> Frame:
        """One structure further in: a segment on the path (None adds nothing), names of its own."""
        prefix = f"{self.prefix}{segment}." if segment else self.prefix
        return self._replace(prefix=prefix, taps=Taps(self.taps), depth=self.depth + 1)
