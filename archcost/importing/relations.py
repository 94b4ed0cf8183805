"""Says numbers that differ from place to place by parameters, and by what else is known there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any, cast

from archcost.importing.alignment import Column, family, value_of
from archcost.importing.parts import RESERVED, Part, Starting, free

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Row = Mapping[int, Any]

WIDTHS = ("channels", "features", "groups", "shape", "sizes", "start", "end", "length", "hidden")
"""Ends of the names of fields that may follow from how many channels there are."""

AXES = {1: ("in_length",), 2: ("in_height", "in_width"), 3: ("in_depth", "in_height", "in_width")}
"""What the axes behind channels are called in expressions."""


@dataclass
class Scope:
    """What expressions can say.

    Attributes:
        entry: shapes of what arrives at a block, by instance; None in a repeat, where nothing has a name.
        rows: parameters, or variables of a repeat, by name.
        taken: other names.
    """

    entry: Row | None
    taken: set[str]
    rows: dict[str, dict[int, Any]] = field(default_factory=dict[str, "dict[int, Any]"])

    @property
    def channels(self) -> Row:
        """Channels that arrive at a block; none in a repeat."""
        return {i: shape[0] if shape else 0 for i, shape in (self.entry or {}).items()}

    def new(self, name: str, values: Row) -> str:
        """A new parameter."""
        found = free(name, {*self.rows, *self.taken})
        self.rows[found] = dict(values)
        return f"${found}"


@dataclass
class _Slot:
    """A value that stands at one place: by the number of the list that has it."""

    column: Column
    key: str
    path: int | str | None
    values: Row
    branch: str = ""

    @property
    def channels(self) -> Row:
        return {i: part.channels for i, part in self.column.parts.items()}

    def write(self, text: Any) -> None:  # noqa: ANN401 - whatever a field may be
        fields = self.column.first.fields
        value = fields.get(self.key)
        if isinstance(value, Starting):
            fields[self.key] = value._replace(**{cast("str", self.path): text})
        elif isinstance(value, list) and self.path is not None:
            several = [*cast("list[Any]", value)]
            several[cast("int", self.path)] = text
            fields[self.key] = several
        elif isinstance(value, dict):
            fields[self.key] = {**value, self.path: text}
        else:
            fields[self.key] = text


def say(columns: Sequence[Column], arriving: Row, scope: Scope) -> list[Part]:
    """One text for all: what differs is said by the scope, which gets parameters for the rest.

    Args:
        columns: the lists side by side.
        arriving: the shape of what arrives at each list.
        scope: what is known.
    """
    slots = [*_slots(columns)]
    last = _last(columns, slots)
    differ = [slot for slot in slots if len({repr(v) for v in slot.values.values()}) > 1]
    differ.sort(key=lambda slot: slot is not last)
    said = [(slot, _said(slot, scope, is_last=slot is last)) for slot in differ]
    said += [(slot, f"${slot.key}") for slot in slots if _may_follow(slot, len(arriving), scope)]
    made = _text(columns, [*arriving], scope, arriving)
    for slot, text in said:
        slot.write(
            _condition(slot.values, scope, {i: p.shape for i, p in slot.column.parts.items()}, "residual")
            if slot.key == "bypass"
            else text
        )
    return made


def _last(columns: Sequence[Column], slots: Sequence[_Slot]) -> _Slot | None:
    """The number of channels that leave."""
    for column in reversed(columns):
        mine = [slot for slot in slots if slot.column is column and slot.key in {"out_channels", "channels"}]
        mine = [slot for slot in mine if not _equal(slot.values, slot.channels)]
        inside = _last(_main(column), slots)
        if found := mine[0] if mine else inside:
            return found if len(found.values) == max(len(slot.values) for slot in slots) else None
    return None


def _main(column: Column) -> list[Column]:
    """The first of its lists."""
    return next(iter(column.lists.values())) if column.lists else []


def _slots(columns: Sequence[Column], branch: str = "") -> Iterator[_Slot]:
    for column in columns:
        if column.is_any_activation:
            words = {i: part.word for i, part in column.parts.items()}
            column.parts = {i: replace(part) for i, part in column.parts.items()}
            column.first.word, column.first.fields = "activation", {"function": words[next(iter(words))]}
            yield _Slot(column, "function", None, words, branch)
        else:
            for key in dict.fromkeys(key for part in column.parts.values() for key in part.fields):
                yield from (replace(slot, branch=branch) for slot in _slots_of(column, key))
        for name, inner in column.lists.items():
            yield from _slots(inner, name if column.first.word == "branches" else branch)


def _slots_of(column: Column, key: str) -> Iterator[_Slot]:
    """The numbers in a field: of a shape and of a table each on its own."""
    values: dict[int, Any] = {i: value_of(part, key) for i, part in column.parts.items()}
    several: list[Any] = [*values.values()]
    paths: Sequence[int | str | None] = [None]
    starting = next((value for value in several if isinstance(value, Starting)), None)
    table = next((cast("dict[str, Any]", value) for value in several if isinstance(value, dict)), None)
    if starting:
        values = {i: v if isinstance(v, Starting) else starting.always(v) for i, v in values.items()}
        paths = ("first", "rest")
    elif table:
        paths = [*table]
        values = {i: v if isinstance(v, dict) else dict.fromkeys(table, v) for i, v in values.items()}
    elif key == "shape":
        paths = range(len(several[0]))
    if paths != [None]:
        column.first.fields[key] = next(iter(values.values()))
    for path in paths:
        yield _Slot(column, key, path, {i: _part_of(value, path) for i, value in values.items()})


def _part_of(value: Any, path: int | str | None) -> Any:  # noqa: ANN401 - whatever a field may be
    if path is None:
        return value
    return getattr(value, str(path)) if isinstance(value, Starting) else value[path]


# -- values -------------------------------------------------------------------------------------------------


def _said(slot: _Slot, scope: Scope, *, is_last: bool) -> str:
    """How a value is said that differs."""
    if slot.key == "bypass":
        return ""
    if is_last:
        return _by_entry(slot, scope) or scope.new("channels", slot.values)
    return _followed(slot, scope) or _factor(slot, scope) or scope.new(_name(slot, scope), slot.values)


def _by_entry(slot: _Slot, scope: Scope) -> str:
    """How the channels that leave follow from those that arrive."""
    if _equal(slot.values, slot.channels):
        return "$in_channels"
    if _equal(slot.values, scope.channels):
        return "$(in_channels(input))"
    return _multiple(slot.values, scope.channels, "in_channels(input)")


def _may_follow(slot: _Slot, lists: int, scope: Scope) -> bool:
    """Whether the step of what only some lists have, a shortcut, is that of the block."""
    row = scope.rows.get(slot.key) if slot.key in {"stride", "dilation"} else None
    return row is not None and len(slot.values) < lists and _equal(slot.values, row)


def _followed(slot: _Slot, scope: Scope) -> str:
    """How a number follows from parameters or from what arrives; empty if it does not."""
    values = slot.values
    width = _is_width(slot)
    if width and _equal(values, slot.channels):
        return "$in_channels"
    for name, row in scope.rows.items():
        is_alike = width == _says_width(name) and (width or family(name).endswith(_base(slot)))
        if is_alike and (_equal(values, row) or _completes(values, row)):
            row.update(values)
            return f"${name}"
    return _multiples(slot, scope) if width else _half(slot, scope) if slot.key == "padding" else ""


def _multiples(slot: _Slot, scope: Scope) -> str:
    """A multiple or a part of a parameter, or of what arrives."""
    values = slot.values
    for name, row in scope.rows.items():
        if _says_width(name) and (found := _multiple(values, row, name)):
            return found
    if _equal(values, scope.channels):
        return "$(in_channels(input))"
    known = [("in_channels", slot.channels), ("in_channels(input)", scope.channels)]
    if slot.key in {"shape", "sizes"}:
        for sizes, of in (
            ({i: p.shape for i, p in slot.column.parts.items()}, ""),
            (scope.entry or {}, "(input)"),
        ):
            known += _sizes(sizes, of, slot)
    equal = next((name for name, row in known if _equal(values, row)), "")
    if equal:
        return f"${equal}" if equal.isidentifier() else f"$({equal})"
    return next((found for name, row in known if (found := _multiple(values, row, name))), "")


def _sizes(shapes: Row, of: str, slot: _Slot) -> list[tuple[str, Row]]:
    """Sizes of what arrives, first that of the axis that a number begins in, and how many positions."""
    ranks = {len(shape) for shape in shapes.values()}
    names = AXES.get(ranks.pop() - 1, ()) if len(ranks) == 1 else ()
    found: list[tuple[str, Row]] = [
        (name + of, {i: shape[at] for i, shape in shapes.items()}) for at, name in enumerate(names, 1)
    ]
    if len(found) > 1:
        first = _axis(slot, shapes)
        positions = {i: prod(shape[1:]) for i, shape in shapes.items()}
        found.sort(key=lambda pair: pair[0] != first + of)
        return [*found, ("*".join(name for name, _ in found), positions)]
    return found


def _axis(slot: _Slot, shapes: Row) -> str:
    """The axis of what arrives in which a size of a shape begins, or that a `rearrange` cuts by it."""
    i, part = next(iter(slot.column.parts.items()))
    shape: Sequence[int] = shapes.get(i, ())
    names = ("", *AXES.get(len(shape) - 1, ()))
    if slot.key == "sizes":
        return names[-1 if slot.path == "b" else 0]
    before: Sequence[Any] = part.fields["shape"][: cast("int", slot.path)]
    if not all(type(n) is int for n in before):
        return ""
    inside = (at for at in range(len(shape)) if prod(shape[: at + 1]) > prod(before))
    return names[next(inside, 0)]


def _says_width(name: str) -> bool:
    return family(name).endswith(WIDTHS)


def _is_width(slot: _Slot) -> bool:
    return slot.key.endswith(WIDTHS) and all(type(value) is int for value in slot.values.values())


def _half(slot: _Slot, scope: Scope) -> str:
    """Padding that keeps the size."""
    kernels = {i: value_of(part, "kernel_size") for i, part in slot.column.parts.items()}
    if not all(_halved(kernel) == slot.values[i] for i, kernel in kernels.items()):
        return ""
    name = next(
        (n for n, row in scope.rows.items() if n.endswith("kernel_size") and _equal(kernels, row)), ""
    )
    return f"$({name}//2)" if name else ""


def _halved(kernel: Any) -> Any:  # noqa: ANN401 - a number, or one per axis
    if isinstance(kernel, list):
        return [k // 2 for k in cast("list[int]", kernel)]
    return kernel // 2 if isinstance(kernel, int) else None


def _factor(slot: _Slot, scope: Scope) -> str:
    """A multiple of what arrives, by a factor that is a parameter."""
    if not _is_width(slot) or not all(n and not slot.values[i] % n for i, n in slot.channels.items()):
        return ""
    factors = {i: slot.values[i] // n for i, n in slot.channels.items()}
    if max(factors.values()) > 10 or 2 * len({*factors.values()}) > len({*slot.values.values()}):
        return ""
    known = next((n for n, row in scope.rows.items() if "expansion" in n and _equal(factors, row)), "")
    return f"$({known or scope.new('expansion', factors)[1:]}*in_channels)"


def _base(slot: _Slot) -> str:
    return {"out_channels": "channels", "out_features": "features", "function": "act", "shape": "length"}.get(
        slot.key, str(slot.path) if slot.key == "repeat" and isinstance(slot.path, str) else slot.key
    )


def _name(slot: _Slot, scope: Scope) -> str:
    base = _base(slot)
    if base in {"repeat", "i", "j"}:
        return "depth"
    if base in {"channels", "hidden", "hidden_channels"}:
        base = "hidden_channels" if base == "hidden" else base
        call = slot.column.first.word if slot.key != "out_channels" else ""
        base = base if call else "hidden_channels"
        if slot.branch and not call:
            return f"{slot.branch}_channels"
        if base in scope.rows and call:
            return f"{call.removeprefix('std/').split('_')[0]}_channels"
    # A parameter is called after what it is of, if its own name is that of a kind.
    return f"{slot.column.first.word.removeprefix('std/')}_{base}" if base in RESERVED else base


def _equal(values: Row, row: Row) -> bool:
    """Whether they agree wherever the first has something."""
    return all(i in row and row[i] == value and type(row[i]) is type(value) for i, value in values.items())


def _completes(values: Row, row: Row) -> bool:
    """Whether they agree where both have something, and one says something for half of the other at least."""
    both = values.keys() & row.keys()
    few = min(len(values), len(row))
    return 2 * len(both) >= few and all(values[i] == row[i] and type(values[i]) is type(row[i]) for i in both)


def _multiple(values: Row, row: Row, name: str) -> str:
    """`k*name` or `name//k`, for all."""
    if not values.keys() <= row.keys():
        return ""
    pairs = [(value, row[i]) for i, value in values.items()]
    if not all(type(n) is int and n > 0 for pair in pairs for n in pair) or len({n for _, n in pairs}) == 1:
        return ""
    v, n = pairs[0]
    if v > n and not v % n and all(a == v // n * b for a, b in pairs):
        return f"$({v // n}*{name})"
    if n > v and all(a == b // (n // v) for a, b in pairs):
        return f"$({name}//{n // v})"
    return ""


# -- conditions ---------------------------------------------------------------------------------------------


def _condition(has: Row, scope: Scope, arriving: Row | None, name: str) -> str:
    """The test that tells what has something from what has not."""
    for known, row in scope.rows.items():
        if _equal(has, row):
            return f"${known}"
        if _equal({i: not there for i, there in has.items()}, row):
            return f"$(not {known})"
    tests = _tests(has, scope, arriving)
    for text, row in tests:
        if row == has:
            return f"$({text})"
    for (a, first), (b, second) in ((one, other) for one in tests for other in tests if one[0] < other[0]):
        if {i: first[i] or second[i] for i in has} == has:
            return f"$({a} or {b})"
        if {i: first[i] and second[i] for i in has} == has:
            return f"$({a} and {b})"
    return scope.new(name, has)


def _tests(has: Row, scope: Scope, arriving: Row | None) -> list[tuple[str, Row]]:
    """Tests that a person would write."""
    found: list[tuple[str, Row]] = []
    rows = {name: row for name, row in scope.rows.items() if has.keys() <= row.keys()}
    for name, row in rows.items():
        if name in {"stride", "expansion"}:
            found += [
                (f"{name} {sign} 1", {i: (row[i] == 1) == (sign == "==") for i in has})
                for sign in ("!=", "==")
            ]
        if name == "channels" and (which := _arriving(has, scope, arriving)):
            word, channels = which
            found += [
                (f"{word} {sign} {name}", {i: (row[i] == channels[i]) == (sign == "==") for i in has})
                for sign in ("!=", "==")
            ]
    return found


def _arriving(has: Row, scope: Scope, arriving: Row | None) -> tuple[str, Row] | None:
    here = {i: shape[0] if shape else 0 for i, shape in (arriving or {}).items()}
    known = (("in_channels", here), ("in_channels(input)", scope.channels))
    return next(((name, row) for name, row in known if all(row.get(i) for i in has)), None)


# -- the text -----------------------------------------------------------------------------------------------


def _text(columns: Sequence[Column], lists: Sequence[int], scope: Scope, arriving: Row | None) -> list[Part]:
    """The parts, those that some leave out under their condition."""
    found: list[Part] = []
    waiting: list[Part] = []
    whose: tuple[int, ...] = ()
    condition = ""
    for column in columns:
        part = column.first
        part.lists = {
            key: _text(inner, [*column.parts], scope, _entering(column, inner))
            for key, inner in column.lists.items()
        }
        has = tuple(column.parts)
        if has != whose:
            found += _under(condition, waiting)
            waiting, whose = [], has
            test = {i: i in column.parts for i in lists}
            condition = "" if len(has) == len(lists) else _condition(test, scope, arriving, _reason(column))
        waiting.append(part)
        arriving = None
    return found + _under(condition, waiting)


def _entering(column: Column, inner: Sequence[Column]) -> Row | None:
    """Channels that arrive at a list in a column: in a repeat, in every iteration."""
    of = column.parts if column.first.word != "repeat" else inner[0].parts if inner else {}
    return {i: part.shape for i, part in of.items()} if of.keys() == column.parts.keys() else None


def _reason(column: Column) -> str:
    part = column.first
    named = part.name if part.name.isidentifier() else part.word
    return f"with_{named.removeprefix('std/')}"


def _under(condition: str, parts: list[Part]) -> list[Part]:
    if not condition or not parts:
        return parts
    if len(parts) == 1 and not parts[0].when:
        parts[0].when = condition
        return parts
    return [Part("body", lists={"body": parts}, when=condition, shape=parts[0].shape)]


def usual(values: Row, calls: int) -> Any:  # noqa: ANN401 - whatever a field may be
    """The value that most calls have, if several have it or some need none; else None."""
    ((value, often),) = Counter(map(repr, values.values())).most_common(1)
    return next(v for v in values.values() if repr(v) == value) if often > 1 or len(values) < calls else None
