"""Lays lists of parts that are alike side by side, so that one text can stand for all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import yaml

from archcost.importing.parts import Part, Starting
from archcost.layers import KINDS, find
from archcost.spec.zoo import plain_defaults

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 2_000
"""Pairs of parts that are looked at to align two lists: longer ones must be alike part by part."""

PER_AXIS = ("kernel_size", "stride", "padding", "dilation")
"""Fields that have a number, or one per axis."""

ACTIVATIONS = {kind for kind, home in KINDS.items() if home.startswith("activation:")} - {"activation"}
"""What `activation` has as a function."""


@dataclass(eq=False)
class Column:
    """What stands at one place of several lists.

    Attributes:
        parts: by the number of their list; one is missing where a list has nothing there.
        lists: what stands in the parts' own lists, by their key.
    """

    parts: dict[int, Part]
    lists: dict[str, list[Column]] = field(default_factory=dict[str, "list[Column]"])

    @property
    def first(self) -> Part:
        """One that is there."""
        return next(iter(self.parts.values()))

    @property
    def is_any_activation(self) -> bool:
        """Whether the parts are activations by different words."""
        return len({part.word for part in self.parts.values()}) > 1

    def lines(self) -> int:
        """Roughly how many lines it takes."""
        return 1 + sum(bool(inner) + lines_of(inner) for inner in self.lists.values())


def lines_of(columns: Sequence[Column]) -> int:
    """Roughly how many lines columns take."""
    return sum(column.lines() for column in columns)


def aligned(several: Sequence[Sequence[Part]]) -> list[Column] | None:
    """The columns of lists that are alike but for numbers and what some leave out; None of others."""
    by_shape: dict[object, list[int]] = {}
    for i, parts in enumerate(several):
        by_shape.setdefault(tuple(map(likeness, parts)), []).append(i)
    groups = [_side_by_side({i: several[i] for i in same}) for same in by_shape.values()]
    groups.sort(key=lines_of, reverse=True)
    found: list[Column] | None = groups[0]
    for group in groups[1:]:
        found = found and _merged(found, group)
    if not found or 3 * sum(_optional(column, len(several)) for column in found) > lines_of(found):
        return None
    return found


def _optional(column: Column, lists: int) -> int:
    """Lines of what not every list has."""
    if len(column.parts) < lists:
        return column.lines()
    return sum(_optional(inner, lists) for several in column.lists.values() for inner in several)


def _side_by_side(several: dict[int, Sequence[Part]]) -> list[Column]:
    """The columns of lists of one shape."""
    found: list[Column] = []
    for at in zip(*several.values(), strict=True):
        parts = dict(zip(several, at, strict=True))
        keys = at[0].lists
        found.append(
            Column(parts, {k: _side_by_side({i: p.lists[k] for i, p in parts.items()}) for k in keys})
        )
    return found


# -- lists of different shapes ------------------------------------------------------------------------------


def _merged(a: list[Column], b: list[Column]) -> list[Column] | None:
    """The columns of two lists: the longest part that both have, and what only one has."""
    if sum(map(_is_residual, a)) != sum(map(_is_residual, b)):
        a, b = _bypassed(a, b), _bypassed(b, a)
    if len(a) * len(b) > LIMIT:
        return None
    both = {(i, j): _joined(x, y) for i, x in enumerate(a) for j, y in enumerate(b)}
    weight = _weights(both, len(a), len(b))
    found: list[Column] = []
    alone: list[Column] = []
    i = j = 0
    while i < len(a) or j < len(b):
        joined = both.get((i, j))
        if j < len(b) and (i == len(a) or weight[i][j] == weight[i][j + 1]):
            found.append(b[j])
            alone.append(b[j])
            j += 1
        elif joined is None or weight[i][j] == weight[i + 1][j]:
            found.append(a[i])
            alone.append(a[i])
            i += 1
        else:
            found.append(joined)
            i, j = i + 1, j + 1
    # Lists that have nothing in common are no block.
    apart = bool(a and b) and len(alone) == len(found)
    return found if not apart and all(map(_may_lack, alone)) else None


def _weights(both: dict[tuple[int, int], Column | None], a: int, b: int) -> list[list[int]]:
    """How much of two lists, from each pair of places on, can be common to both."""
    found = [[0] * (b + 1) for _ in range(a + 1)]
    for i in reversed(range(a)):
        for j in reversed(range(b)):
            joined = both[i, j]
            weight = joined.lines() * (1 if joined.is_any_activation else 2) if joined else 0
            taken = weight + found[i + 1][j + 1] if joined else 0
            found[i][j] = max(taken, found[i + 1][j], found[i][j + 1])
    return found


def _is_residual(column: Column) -> bool:
    return column.first.word == "residual"


def _may_lack(column: Column) -> bool:
    """Whether what arrives can go on where a list does not have the column."""
    return not any(part.is_read or part.source for part in column.parts.values())


def _bypassed(a: list[Column], b: list[Column]) -> list[Column]:
    """The list with its columns in a residual that adds nothing, if the other one's are in one that adds."""
    if not b or [*map(_is_residual, b)] != [True] + [False] * (len(b) - 1) or any(map(_is_residual, a)):
        return a
    if len(a) < len(b) or b[0].lists["shortcut"] or b[0].first.fields.get("merge"):
        return a
    inside, behind = a[: len(a) - len(b) + 1], a[len(a) - len(b) + 1 :]
    numbers = inside[0].parts
    made = {i: Part("residual", {"bypass": False}, shape=part.shape) for i, part in numbers.items()}
    return [Column(made, {"residual": inside, "shortcut": []}), *behind]


def _joined(a: Column, b: Column) -> Column | None:
    """Two columns as one, if one text can stand for both."""
    if a.first.word == "repeat" != b.first.word:
        b = _once(b, a)
    elif b.first.word == "repeat" != a.first.word:
        a = _once(a, b)
    if a.lists.keys() != b.lists.keys() or not _fits(a.first, b.first):
        return None
    lists: dict[str, list[Column]] = {}
    for key in a.lists:
        both = _merged(a.lists[key], b.lists[key])
        if both is None:
            return None
        lists[key] = both
    return Column(dict(sorted({**a.parts, **b.parts}.items())), lists)


def _once(column: Column, like: Column) -> Column:
    """A column as a repeat of a single iteration."""
    wanted = like.first.fields
    count: Any = {"i": 1} if isinstance(wanted["repeat"], dict) else 1
    made = {
        i: Part("repeat", {**wanted, "repeat": count}, shape=part.shape) for i, part in column.parts.items()
    }
    inner = Column({i: replace(part, name="") for i, part in column.parts.items()}, column.lists)
    return Column(made, {"body": [inner]})


def _fits(a: Part, b: Part) -> bool:
    """Whether one text can stand for two parts, but for their lists."""
    if a.word != b.word and not (is_activation(a) and is_activation(b)):
        return False
    if (a.source, a.when, a.is_read, a.share) != (b.source, b.when, b.is_read, b.share):
        return False
    if a.is_read and a.name != b.name:
        return False
    return all(_fit(a, b, key) for key in {*a.fields, *b.fields})


def _fit(a: Part, b: Part, key: str) -> bool:
    one, other = (_comparable(value_of(part, key), key) for part in (a, b))
    return one == other or (key != "merge" and _sort(one) == _sort(other))


def _comparable(value: Any, key: str) -> Any:  # noqa: ANN401 - whatever a field may be
    """A value that stands for those that it may be written beside."""
    if isinstance(value, Starting):
        return _comparable(value.rest, key)
    if key == "repeat" and isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return next(iter(table.values())) if len(table) == 1 else table
    if family(key) in PER_AXIS and isinstance(value, list):
        several = cast("list[Any]", value)
        return _comparable(several[0], key) if several else None
    return 0 if family(key) == "padding" and isinstance(value, str) else value


def family(name: str) -> str:
    """A name without its number.

    >>> family("stride_2")
    'stride'
    """
    return re.sub(r"_\d+$", "", name)


def is_activation(part: Part) -> bool:
    """Whether `activation: {function: …}` says the same."""
    return part.word in ACTIVATIONS and not part.fields


# -- fields -------------------------------------------------------------------------------------------------


@cache
def default(word: str, key: str) -> Any:  # noqa: ANN401 - whatever a field may be
    """The number or truth that a field has without being given, else None."""
    if word.startswith("std/"):
        value: Any = yaml.safe_load(plain_defaults(word.removeprefix("std/")).get(key, "null"))
        return value if isinstance(value, int | float) else None
    found = find(word)
    value = found[0].model_fields[key].default if found and key in found[0].model_fields else None
    if isinstance(value, tuple):
        several = cast("tuple[Any, ...]", value)
        value = several[0] if len(several) == 1 else None
    return value if isinstance(value, int | float) else None


def value_of(part: Part, key: str) -> Any:  # noqa: ANN401 - whatever a field may be
    """A field's value, given or not."""
    if key == "bypass":
        return part.fields.get(key, True)
    return part.fields[key] if key in part.fields else default(part.word, key)


def _sort(value: Any) -> object:  # noqa: ANN401 - whatever a field may be
    """Of two values with the same, one may be a parameter where the other stands."""
    if isinstance(value, bool):
        return bool
    if isinstance(value, int | float):
        return int
    if isinstance(value, list):
        return tuple(map(_sort, cast("list[Any]", value)))
    if isinstance(value, Starting):
        return _sort(value.first), _sort(value.rest)
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        # What joins branches is a word with fields, which no parameter can be.
        given = ((key, cast("object", one)) for key, one in table.items())
        return tuple(
            (key, repr(cast("object", one)) if isinstance(one, dict) else _sort(one)) for key, one in given
        )
    return value


def likeness(part: Part) -> object:
    """What is equal in parts that differ in numbers only."""
    fields = tuple(sorted((key, _sort(value_of(part, key))) for key in part.fields))
    return (
        part.word,
        part.name if part.is_read else "",
        part.source,
        part.when,
        part.share,
        repr(fields),
        tuple((key, tuple(map(likeness, inner))) for key, inner in part.lists.items()),
    )
