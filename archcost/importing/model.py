"""A model as a file of another framework has it: its operations, in order, on named values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from archcost.layers.parametrization import EPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from archcost.windows.window import Shape


class Reference(NamedTuple):
    """A value that an operation reads: by its name in the file."""

    name: str


Argument: TypeAlias = "Reference | list[Argument] | int | float | str | None"


class Operation(NamedTuple):
    """One operation.

    Attributes:
        word: what it does, in the framework's words, without its overload: `aten.conv2d`.
        arguments: by name; those that have their default may be missing.
        outputs: the values it makes, by name.
        module: the path of the module that runs it; empty of the model itself.
        place: what the file calls it, for messages.
    """

    word: str
    arguments: Mapping[str, Argument]
    outputs: tuple[str, ...]
    module: str
    place: str


class Parametrized(NamedTuple):
    """How a weight is made of what is learned, row by row.

    Attributes:
        how: the word of a spec.
        gain: what rows are multiplied by, a learned number each, if they are.
        eps: what is added to a variance.
    """

    how: str
    gain: Weight | None
    eps: float = EPS


class Weight(NamedTuple):
    """A tensor of numbers that the file brings along.

    Attributes:
        name: what the model calls it.
        shape: as the framework has it.
        is_learned: it is a parameter, and no statistic or constant.
        order: its dimensions in the order in which a layer takes them; empty if it takes them as they are.
        numbers: reads what is in it, for those that say sizes and the like; None where that cannot be read.
        factor: what a layer takes its numbers times.
        parametrized: what is made of its rows before a layer takes them, if they are changed.
    """

    name: str
    shape: Shape
    is_learned: bool
    order: tuple[int, ...] = ()
    numbers: Callable[[], NDArray[Any]] | None = None
    factor: float = 1
    parametrized: Parametrized | None = None


class Model(NamedTuple):
    """All that is read of a file.

    Attributes:
        name: of the file, without its ending.
        inputs: the shapes of what arrives, by the name of the value.
        weights: what operations read, by the name of the value.
        shapes: of every value.
        operations: each behind those that make what it reads.
        outputs: the values that leave.
        classes: of every module the name of its class.
        unread: learned numbers that the file holds, and no operation reads; None if it has no numbers.
        notes: what else is to be known of the file, each the end of a sentence.
        axes: of inputs that are no batch of one with channels first: which of our axes each dimension is.
        booleans: values that are of yes and no.
        wholes: values that are whole numbers.
    """

    name: str
    inputs: Mapping[str, Shape]
    weights: Mapping[str, Weight]
    shapes: Mapping[str, Shape]
    operations: tuple[Operation, ...]
    outputs: tuple[str, ...]
    classes: Mapping[str, str]
    unread: int | None
    notes: tuple[str, ...] = ()
    axes: Mapping[str, tuple[int | None, ...]] = {}
    booleans: frozenset[str] = frozenset()
    wholes: frozenset[str] = frozenset()


def read_by(operation: Operation) -> list[str]:
    """The names of the values that an operation reads, in the order of its arguments."""
    found: list[str] = []
    waiting = [*operation.arguments.values()][::-1]
    while waiting:
        argument = waiting.pop()
        if isinstance(argument, Reference):
            found.append(argument.name)
        elif isinstance(argument, list):
            waiting += argument[::-1]
    return found
