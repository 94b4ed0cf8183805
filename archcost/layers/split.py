"""`split`: one tensor cut into several along an axis. It is no kind: every part is a `slice`."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.axes import name_of
from archcost.layers.base import ItemFields
from archcost.layers.fields import Axis, is_count, must_be
from archcost.layers.shape import Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcost.expressions.values import Value
    from archcost.windows.window import Shape

_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]+")


def _are_names(values: Iterable[object]) -> bool:
    names = [*values]
    fit = all(isinstance(name, str) and _NAME.fullmatch(name) for name in names)
    return fit and 0 < len(names) == len(set(names))


def _parts(value: Value) -> Value:
    is_number = is_count(value) and value != 0
    if not is_number and not (isinstance(value, tuple) and _are_names(value)):
        raise must_be("how many equal parts (a whole number, at least 1), or a list of their names", value)
    return value


def _sizes(value: Value | dict[str, Value]) -> Value | dict[str, Value]:
    named = value if isinstance(value, dict) else {}
    sizes = tuple(named.values()) or value
    fit = isinstance(sizes, tuple) and sizes and sizes.count(-1) < 2
    if not (fit and (not named or _are_names(named))):
        forms = "a list of sizes, or sizes by name; one may be -1 (whatever is left)"
        raise must_be(forms, "a mapping" if isinstance(value, dict) else value)
    return value


def _size(value: Value) -> Value:
    if value != -1 and not (is_count(value) and value):
        raise must_be("a whole number from 1, or -1 (whatever is left)", value)
    return value


_Size = Annotated[int, BeforeValidator(_size)]


def _form(value: object) -> str:
    """Which of the two forms is judged, so that a size that is wrong is found at its own place."""
    return "by name" if isinstance(value, dict) else "in a list"


_Sizes = Annotated[
    Annotated[tuple[_Size, ...], Tag("in a list")] | Annotated[dict[str, _Size], Tag("by name")],
    Discriminator(_form),
    BeforeValidator(_sizes),
]


class Split(ItemFields):
    """One tensor cut into several along an axis, each of which is a `slice`."""

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    parts: Annotated[int | tuple[str, ...], BeforeValidator(_parts)] | None = Field(
        None, description="how many equal parts, or their names"
    )
    sizes: _Sizes | None = Field(
        None, description="instead: the size of each part, in a list or by name; one -1 is whatever is left"
    )
    axis: Axis = Field(0, description="axis to cut; 0 is channels, 1 the first spatial axis, -1 the last")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.parts is None) == (self.sizes is None):
            raise PydanticCustomError("split", "needs either parts (equal ones) or sizes")
        return self

    def slices(self, x: Shape) -> Iterator[tuple[str, Slice]]:
        """The parts of a tensor, each with its name: what was given, else its number from 0.

        Raises:
            ShapeError: the tensor has no such axis, or cannot be cut so.
        """
        axis, start = self.axis % len(x), 0
        name = name_of(self.axis, x)
        parts = self._equal(x[axis], name) if self.sizes is None else self._sized(x[axis], name)
        for part, length in parts:
            yield part, _slice(start, start + length, axis)
            start += length

    def _equal(self, length: int, name: str) -> Iterator[tuple[str, int]]:
        parts = self.parts or ()
        count = parts if isinstance(parts, int) else len(parts)
        if length % count:
            raise ShapeError(f"parts={count} does not divide the {length} of {name}; give `sizes`")
        names = map(str, range(count)) if isinstance(parts, int) else iter(parts)
        return zip(names, repeat(length // count))

    def _sized(self, length: int, name: str) -> Iterator[tuple[str, int]]:
        given = self.sizes or ()
        named = given if isinstance(given, dict) else {str(i): n for i, n in enumerate(given)}
        total = sum(n for n in named.values() if n != -1)
        if -1 in named.values() and total >= length:
            raise ShapeError(f"sizes add up to {total}, which leaves nothing of the {length} of {name}")
        if -1 not in named.values() and total != length:
            summed = " + ".join(map(str, named.values()))
            raise ShapeError(f"sizes add up to {summed} = {total}, not to the {length} of {name}")
        yield from ((part, length - total if n == -1 else n) for part, n in named.items())


@lru_cache(4096)
def _slice(start: int, end: int, axis: int) -> Slice:
    return Slice(start=start, end=end, axis=axis)
