"""`rearrange`: axes split, swapped and joined by their names. It is no kind: each step is a layer of one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from archcost.errors import ShapeError
from archcost.layers.axes import names
from archcost.layers.base import ItemFields
from archcost.layers.fields import Positive, must_be
from archcost.layers.shape import Reshape, Transpose
from archcost.windows.window import Shape, show, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.expressions.values import Value

_TOKEN = re.compile(r"\s*(?:([A-Za-z_]\w*)|(1\b)|([()])|(\S+))", re.ASCII)
_FORM = "axes by name on both sides of an arrow, `c (y a) (x b) -> c (y x) (a b)`"

Side = tuple[tuple[str, ...], ...]
"""The axes of one side, each with the factors it is made of, the outermost first; none is an axis of 1."""


class _Pattern(NamedTuple):
    """What arrives, and what leaves."""

    source: Side
    target: Side


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("pattern", "{text}", {"text": text})


@lru_cache(1024)
def _read(text: str) -> _Pattern:
    """A pattern of which every name stands once on either side.

    >>> _read("c (y a) w -> (c a) y w")
    _Pattern(source=(('c',), ('y', 'a'), ('w',)), target=(('c', 'a'), ('y',), ('w',)))
    """
    left, arrow, right = text.partition("->")
    if not arrow or "->" in right:
        raise must_be(_FORM, text)
    pattern = _Pattern(_side(left), _side(right))
    before, after = _factors(pattern.source), _factors(pattern.target)
    for name in before:
        if before.count(name) > 1 or after.count(name) > 1:
            raise _wrong(f"names {name} twice on one side of its arrow")
        if name not in after:
            raise _wrong(f"has no {name} on its right; to take a sum or a mean over an axis, use `reduce`")
    for name in after:
        if name not in before:
            raise _wrong(f"has no {name} on its left; nothing is repeated here")
    if pattern.source == pattern.target:
        raise _wrong("leaves everything as it is")
    return pattern


def _side(text: str) -> Side:
    axes: list[list[str]] = []
    inside = False
    for name, _, parenthesis, other in _TOKEN.findall(text.strip()):
        if other:
            every = "; write every axis out" if other.startswith(".") else ""
            raise _wrong(f"has '{other}', which names no axis{every}")
        if parenthesis:
            if inside == (parenthesis == "("):
                raise _wrong("has parentheses that do not match; there are none inside others")
            inside = not inside
        if parenthesis == "(" or not (inside or parenthesis):
            axes.append([])
        axes[-1].extend([name] if name else [])
    if inside or not axes:
        raise must_be(_FORM, text) if not axes else _wrong("has a parenthesis that is not closed")
    return tuple(map(tuple, axes))


def _factors(side: Side) -> list[str]:
    return [name for axis in side for name in axis]


def _pattern(value: Value) -> Value:
    if not isinstance(value, str):
        raise must_be(_FORM, value)
    _read(value)
    return value


class Rearrange(ItemFields):
    """Axes split, swapped and joined, as their names say: windows of a map, a map of tokens, heads."""

    pattern: Annotated[str, BeforeValidator(_pattern)] = Field(
        description="names of the axes that arrive, and of those that leave: `c (h w) -> c w h`; "
        "an axis made of several has them in parentheses, the outermost first; 1 is an axis of 1"
    )
    sizes: dict[str, Positive] = Field(
        {}, description="how large a named axis is; what follows from what arrives may be left out"
    )

    @model_validator(mode="after")
    def _sizes_are_of_its_axes(self) -> Self:
        known = _factors(_read(self.pattern).source)
        for name in self.sizes:
            if name not in known:
                text = f"sizes has {name}, which the pattern does not name; it names {', '.join(known)}"
                raise _wrong(text)
        return self

    def steps(self, x: Shape) -> Iterator[Reshape | Transpose]:
        """The layers that do it: as many as the pattern needs, whatever the sizes are.

        Raises:
            ShapeError: the pattern does not fit what arrives.
        """
        source, target = _read(self.pattern)
        sizes = self._settled(source, x)
        before, after = _factors(source), _factors(target)
        shape = tuple(size(tuple(sizes[name] for name in axis)) for axis in target)
        if before == after:
            yield _reshape(shape)
            return
        if [len(axis) for axis in source] != [1] * len(before):
            yield _reshape(tuple(sizes[name] for name in before))
        yield _transpose(tuple(before.index(name) for name in after))
        if [len(axis) for axis in target] != [1] * len(after):
            yield _reshape(shape)

    def _settled(self, source: Side, x: Shape) -> dict[str, int]:
        """The size of every name."""
        if len(source) != len(x):
            arrives = f"{show(x)} arrives ({', '.join(names(x))}; there is no batch)"
            raise ShapeError(f"pattern has {len(source)} axes on its left, but {arrives}")
        sizes = dict(self.sizes)
        for axis, length, called in zip(source, x, names(x), strict=True):
            if not axis and length != 1:
                raise ShapeError(f"pattern has a 1 where {called} is {length}")
            known = size(tuple(sizes[name] for name in axis if name in sizes))
            free = [name for name in axis if name not in sizes]
            written = f"({' '.join(axis)})" if len(axis) != 1 else axis[0]
            if len(free) > 1:
                raise ShapeError(f"pattern {written}: give the size of all but one of {', '.join(free)}")
            if length % known or (not free and length != known):
                has = " * ".join(f"{name}={sizes[name]}" for name in axis if name in sizes)
                fits = "does not divide" if free else "is not"
                raise ShapeError(f"pattern {written}: {has} {fits} the {length} of {called}")
            sizes |= dict.fromkeys(free, length // known)
        return sizes


@lru_cache(4096)
def _reshape(shape: Shape) -> Reshape:
    return Reshape(shape=shape)


@lru_cache(4096)
def _transpose(axes: tuple[int, ...]) -> Transpose:
    return Transpose(axes=axes)
