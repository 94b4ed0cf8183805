"""Operations before they are converted: what changes nothing is left out, and what several do is said by one.

Exporters write a GELU as a division, an erf, an addition and two products, a linear layer as a product and
an addition, and put quantization between any two operations.
"""

from __future__ import annotations

from collections import Counter
from math import isclose, pi, sqrt
from typing import TYPE_CHECKING, TypeAlias

from archcost.importing.converter import NotUnderstoodError
from archcost.importing.model import Operation, Reference, read_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from archcost.importing.model import Argument, Weight
    from archcost.windows.window import Shape

UNCHANGING = frozenset({"Identity", "Dropout", "QuantizeLinear", "DequantizeLinear", "Cast", "CastLike"})
"""Operations whose first output is what they read, when a model is used, but for its type."""

_SIZES = frozenset({"Shape", "Size"})


def simplified(
    operations: Sequence[Operation], weights: Mapping[str, Weight], leaving: AbstractSet[str]
) -> list[Operation]:
    """The operations that matter, those of known patterns as one.

    Args:
        operations: in order.
        weights: tensors that are known.
        leaving: names that must stay: outputs, and what branches read.
    """
    found = _Renamed(weights).renamed(operations)
    found = _Patterns(found, weights, leaving).matched()
    return _read(found, leaving)


class _Renamed:
    """Reads around what changes nothing."""

    def __init__(self, weights: Mapping[str, Weight]) -> None:
        self._static = {*weights}
        self._steps: set[str] = set()
        self._names: dict[str, str] = {}
        self._rounded: set[str] = set()

    def renamed(self, operations: Sequence[Operation]) -> list[Operation]:
        """The operations, each reading what is behind other names of it."""
        return [self._one(operation) for operation in operations]

    def _one(self, operation: Operation) -> Operation:
        arguments = {key: self._argument(value) for key, value in operation.arguments.items()}
        operation = operation._replace(arguments=arguments)
        read = read_by(operation)
        if operation.word in _SIZES or (read and all(name in self._static for name in read)):
            self._static.update(operation.outputs)
        if source := self._unchanged(operation, read):
            self._names[operation.outputs[0]] = source
        return operation

    def _unchanged(self, operation: Operation, read: Sequence[str]) -> str:
        """The name of what leaves an operation unchanged; empty if it is no such one."""
        word, first = operation.word, operation.arguments.get("x")
        if found := self._unquantized(operation, read):
            return found
        if word not in UNCHANGING or not isinstance(first, Reference):
            return ""
        return "" if word.startswith("Cast") and first.name in self._static else first.name

    def _unquantized(self, operation: Operation, read: Sequence[str]) -> str:
        """What is behind an operation that turns numbers into steps of quantization, or back."""
        word, outputs = operation.word, operation.outputs
        if word == "DynamicQuantizeLinear" and read:
            self._steps.update(outputs[1:])
            return read[0]
        if word in {"Floor", "Round"} and {*read} & self._rounded:
            return read[0]
        if word not in {"Mul", "Div", "Cast"} or not {*read} & self._steps:
            return ""
        rest = [name for name in read if name not in self._steps]
        if word == "Div":
            self._rounded.update(rest)  # a bias, in the steps of what it is added to
        elif all(name in self._static for name in rest):
            self._steps.update(outputs)
            return ""
        return rest[0] if len(rest) == 1 else ""

    def _argument(self, value: Argument) -> Argument:
        if isinstance(value, Reference):
            return Reference(self._names.get(value.name, value.name))
        return [self._argument(one) for one in value] if isinstance(value, list) else value


def _read(operations: Sequence[Operation], leaving: AbstractSet[str]) -> list[Operation]:
    """Those of which something is read, without the outputs behind the last that is."""
    needed = {*leaving}
    found: list[Operation] = []
    for operation in reversed(operations):
        read = [i for i, name in enumerate(operation.outputs) if name in needed]
        if read:
            found.append(operation._replace(outputs=operation.outputs[: read[-1] + 1]))
            needed.update(read_by(operation))
    return found[::-1]


# -- patterns -----------------------------------------------------------------------------------------------

Composed: TypeAlias = "tuple[str, Pattern] | tuple[str, Pattern, Pattern]"
Pattern: TypeAlias = "str | float | Composed"
"""A letter that stands for any value, a number, or an operation of patterns, as `("Mul", "x", 0.5)`."""

_ROOT = sqrt(2)
_ERF: tuple[Pattern, ...] = (
    ("Add", ("Erf", ("Div", "x", _ROOT)), 1.0),
    ("Add", ("Erf", ("Mul", "x", 1 / _ROOT)), 1.0),
)
_CUBE: tuple[Pattern, ...] = (
    ("Pow", "x", 3.0),
    ("Mul", ("Mul", "x", "x"), "x"),
    ("Mul", "x", ("Mul", "x", "x")),
)
_TANH: tuple[Pattern, ...] = (
    *(("Add", ("Tanh", ("Mul", ("Add", "x", ("Mul", cube, 0.044715)), sqrt(2 / pi))), 1.0) for cube in _CUBE),
    (
        "Add",
        ("Tanh", ("Mul", ("Mul", "x", sqrt(2 / pi)), ("Add", ("Mul", ("Mul", "x", "x"), 0.044715), 1.0))),
        1.0,
    ),
    (
        "Add",
        ("Tanh", ("Mul", ("Mul", "x", sqrt(2 / pi)), ("Add", ("Mul", ("Mul", "x", 0.044715), "x"), 1.0))),
        1.0,
    ),
)


def _halved(whole: Pattern) -> Iterator[Composed]:
    """`0.5 * x * whole`, however it is bracketed."""
    yield ("Mul", ("Mul", "x", whole), 0.5)
    yield ("Mul", "x", ("Mul", whole, 0.5))
    yield ("Mul", ("Mul", "x", 0.5), whole)


_CENTRED: Pattern = ("Sub", "x", ("ReduceMean", "x"))

PATTERNS: dict[str, tuple[Composed, ...]] = {
    "Normalized": tuple(
        ("Div", _CENTRED, ("Sqrt", ("Add", ("ReduceMean", square), "epsilon")))
        for square in (("Pow", _CENTRED, 2.0), ("Mul", _CENTRED, _CENTRED))
    ),
    "Gelu": tuple(one for whole in _ERF for one in _halved(whole)),
    "GeluTanh": tuple(one for whole in _TANH for one in _halved(whole)),
    "Mish": (("Mul", "x", ("Tanh", ("Softplus", "x"))),),
    "HardSwish": (
        ("Div", ("Mul", "x", ("HardClip", ("Add", "x", 3.0))), 6.0),
        ("Mul", ("Mul", "x", ("HardClip", ("Add", "x", 3.0))), 1 / 6),
        ("Mul", "x", ("Div", ("HardClip", ("Add", "x", 3.0)), 6.0)),
        ("Mul", "x", ("HardSixth", "x")),
    ),
    "HardSigmoidSixth": (
        ("Div", ("HardClip", ("Add", "x", 3.0)), 6.0),
        ("Mul", ("HardClip", ("Add", "x", 3.0)), 1 / 6),
    ),
    "QuickGelu": (("Mul", "x", ("Sigmoid", ("Mul", "x", 1.702))),),
    "Silu": (("Mul", "x", ("Sigmoid", "x")),),
    "LogSigmoid": (("Log", ("Sigmoid", "x")),),
}
"""Layers that exporters write as several operations, by the word that stands for them here."""

_COMMUTE = frozenset({"Mul", "Add"})
_ENDS = frozenset(pattern[0] for several in PATTERNS.values() for pattern in several)


class _Patterns:
    """Finds operations that are one together; what is read within is then read by nobody else, or stays."""

    def __init__(
        self, operations: Sequence[Operation], weights: Mapping[str, Weight], leaving: AbstractSet[str]
    ) -> None:
        self._operations = operations
        self._weights = weights
        self._by = {name: operation for operation in operations for name in operation.outputs[:1]}
        self._reads: Counter[str] = Counter(leaving)
        self._static = {*weights}
        for operation in operations:
            read = read_by(operation)
            self._reads.update(read)
            if read and all(name in self._static for name in read):
                self._static.update(operation.outputs)

    def matched(self) -> list[Operation]:
        """The operations, the last of each pattern in place of all of it."""
        found: list[Operation] = []
        for operation in self._operations:
            made = self._one(operation)
            self._by.update(dict.fromkeys(made.outputs[:1], made))
            found.append(made)
        return found

    def _one(self, operation: Operation) -> Operation:
        if operation.word in _ENDS:
            for word, patterns in PATTERNS.items():
                for pattern in patterns:
                    found: dict[str, str] = {}
                    if self._is(operation, pattern, found):
                        return operation._replace(word=word, arguments=self._stated(found))
        if operation.word == "SequenceAt":
            return self._part(operation) or operation
        if operation.word in {"Add", "Mul"}:
            return self._weighted(operation) or operation
        return operation

    def _part(self, operation: Operation) -> Operation | None:
        """What is taken of a sequence that a tensor was split into."""
        x, index = (operation.arguments.get(name) for name in ("x", "index"))
        parts = self._by.get(x.name) if isinstance(x, Reference) else None
        if not parts or parts.word != "SplitToSequence" or not parts.arguments.get("keepdims", 1):
            return None
        return operation._replace(word="SplitAt", arguments={**parts.arguments, "index": index})

    def _stated(self, found: Mapping[str, str]) -> dict[str, Argument]:
        """What stands for the letters of a pattern, as arguments."""
        return {
            key: [int(n) for n in name.split()] if key == "axes" else Reference(name)
            for key, name in found.items()
        }

    def _is(self, operation: Operation, pattern: Pattern, found: dict[str, str]) -> bool:
        """Whether an operation is as a pattern says; what its letters stand for is noted."""
        if not isinstance(pattern, tuple) or not self._has_word(operation, pattern[0]):
            return False
        if pattern[0] == "ReduceMean" and not self._are_axes(operation, found):
            return False
        given = [value for key, value in operation.arguments.items() if key in {"x", "y"}]
        names = [value.name for value in given if isinstance(value, Reference)]
        wanted = pattern[1:]
        if len(names) != len(wanted):
            return False
        orders = [names, names[::-1]] if len(names) == 2 and pattern[0] in _COMMUTE else [names]
        for order in orders:
            tried = {**found}
            # Numbers first: they decide soonest.
            pairs = sorted(zip(order, wanted, strict=True), key=lambda pair: isinstance(pair[1], tuple))
            if all(self._fits(name, one, tried) for name, one in pairs):
                found.update(tried)
                return True
        return False

    def _are_axes(self, operation: Operation, found: dict[str, str]) -> bool:
        """Whether a mean is over the same dimensions as others of a pattern, and keeps them."""
        given = operation.arguments.get("axes")
        if isinstance(given, Reference):
            weight = self._weights.get(given.name)
            numbers = weight and weight.numbers and self._numbers(weight)
            given = [int(n) for n in numbers] if numbers else None
        said = " ".join(map(str, given)) if isinstance(given, list) else ""
        keeps = operation.arguments.get("keepdims", 1) == 1
        return bool(said) and keeps and found.setdefault("axes", said) == said

    def _has_word(self, operation: Operation, word: str) -> bool:
        if word == "HardClip":
            bounds = (self._bound(operation, "min"), self._bound(operation, "max"))
            return operation.word == "Clip" and bounds == (0, 6)
        if word == "HardSixth":
            alpha, beta = operation.arguments.get("alpha", 0.2), operation.arguments.get("beta", 0.5)
            return (
                operation.word == "HardSigmoid"
                and isinstance(alpha, float)
                and isclose(alpha, 1 / 6, rel_tol=1e-4)
                and beta == 0.5
            )
        return operation.word == word

    def _bound(self, operation: Operation, name: str) -> float | None:
        given = operation.arguments.get(name)
        if isinstance(given, Reference):
            return self._number(given.name)
        return given if isinstance(given, int | float) else None

    def _fits(self, name: str, pattern: Pattern, found: dict[str, str]) -> bool:
        if isinstance(pattern, str):
            return found.setdefault(pattern, name) == name
        if isinstance(pattern, float):
            number = self._number(name)
            return number is not None and isclose(number, pattern, rel_tol=1e-3)
        inner = self._by.get(name)
        return inner is not None and self._is(inner, pattern, found)

    def _number(self, name: str) -> float | None:
        """The number that a value is; None if it is none, or several."""
        weight = self._weights.get(name)
        if weight is None or weight.numbers is None or any(n != 1 for n in weight.shape):
            return None
        numbers = self._numbers(weight)
        return numbers[0] if numbers else None

    @staticmethod
    def _numbers(weight: Weight) -> list[float]:
        """The numbers of a tensor; none if they cannot be read."""
        try:
            return [float(n) for n in weight.numbers().ravel()] if weight.numbers else []
        except (NotUnderstoodError, ValueError, TypeError):
            return []

    # -- what takes weights ---------------------------------------------------------------------------------

    def _weighted(self, operation: Operation) -> Operation | None:
        """A product or a sum with weights that belongs to what is before it, which nobody else reads."""
        names = [value.name for value in map(operation.arguments.get, "xy") if isinstance(value, Reference)]
        for name, other in (names, names[::-1]) if len(names) == 2 else ():
            inner, shape = self._by.get(name), self._shape(other)
            if inner is None or self._reads[name] != 1:
                continue
            wanted = _TAKES.get((inner.word, operation.word))
            if not wanted or wanted in inner.arguments:
                continue
            if inner.word != "Normalized":
                first = inner.arguments.get("x")
                second = inner.arguments.get("weight", inner.arguments.get("y"))
                if not (
                    (_is_row(shape) and self._is_static(second))
                    or (_is_column(shape) and self._is_static(first))
                ):
                    continue
            elif not _is_row(shape) or (wanted == "scale" and "shift" in inner.arguments):
                continue
            arguments = {**inner.arguments, wanted: Reference(other)}
            return operation._replace(word=inner.word, arguments=arguments, module=inner.module)
        return None

    def _shape(self, name: str) -> Shape:
        """The shape of a weight, also of one that is reshaped; of no axes if it is not known."""
        if name in self._weights:
            return self._weights[name].shape
        made = self._by.get(name)
        sizes = made.arguments.get("shape") if made and self._is_static(made.arguments.get("x")) else None
        weight = self._weights.get(sizes.name) if isinstance(sizes, Reference) else None
        shape = tuple(int(n) for n in self._numbers(weight)) if weight else ()
        return shape if all(n > 0 for n in shape) else ()

    def _is_static(self, value: Argument) -> bool:
        return isinstance(value, Reference) and value.name in self._static


_TAKES = {
    ("MatMul", "Add"): "bias",
    ("MatMulInteger", "Add"): "bias",
    ("Normalized", "Mul"): "scale",
    ("Normalized", "Add"): "shift",
}
"""What an operation takes of one behind it, as an argument of its own."""


def _is_row(shape: Shape) -> bool:
    """Whether a tensor is one number for each feature.

    >>> _is_row((1, 1, 768)), _is_row((768, 1)), _is_row(())
    (True, False, False)
    """
    return bool(shape) and all(n == 1 for n in shape[:-1]) and shape[-1] > 1


def _is_column(shape: Shape) -> bool:
    """Whether a tensor is one number for each row of a matrix.

    >>> _is_column((768, 1)), _is_column((1, 768)), _is_column((768,))
    (True, False, False)
    """
    return len(shape) == 2 and shape[0] > 1 and shape[1] == 1
