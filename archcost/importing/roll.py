"""Rolls up parts: modules of a class that are alike become a block, neighbours that are alike a repeat."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from archcost.importing.parts import Part, free
from archcost.layers import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass
class Block:
    """A block of the spec: its parameters with their defaults, and its body."""

    name: str
    body: list[Part]
    params: dict[str, Any] = field(default_factory=dict[str, Any])

    def plain(self) -> dict[str, Any]:
        """As YAML holds it."""
        head: dict[str, Any] = {"params": self.params} if self.params else {}
        return {**head, "body": [part.plain() for part in self.body]}


def rolled(layers: list[Part]) -> list[Block]:
    """The blocks that the layers are then written with; the layers are changed in place.

    Inner modules come first, so that outer ones are made of calls.
    """
    blocks: list[Block] = []
    depth = max((d for d, _ in _bodies(layers, 0)), default=-1)
    for d in range(depth, -1, -1):
        _repeated(layers)
        by_class: dict[str, list[Part]] = {}
        for at, part in _bodies(layers, 0):
            if at == d:
                by_class.setdefault(part.module_class, []).append(part)
        for instances in by_class.values():
            for several in _alike(instances):
                block = _block(several, {b.name for b in blocks})
                if block:
                    blocks.append(block)
    _repeated(layers)
    for several in (layers, *(block.body for block in blocks)):
        _shortened(several, {block.name: block for block in blocks})
    return blocks


def _shortened(parts: Sequence[Part], blocks: Mapping[str, Block]) -> None:
    """Calls without the arguments that are a block's defaults."""
    for part in parts:
        if part.word in blocks:
            defaults = blocks[part.word].params
            part.fields = {key: value for key, value in part.fields.items() if value != defaults[key]}
        for several in part.lists.values():
            _shortened(several, blocks)


def _alike(instances: Sequence[Part]) -> list[list[Part]]:
    """Modules of a class that one text can stand for: all of them, or those with equal signatures."""
    if _aligned([part.lists["body"] for part in instances]) is not None:
        return [[*instances]]
    equal: dict[object, list[Part]] = {}
    for part in instances:
        equal.setdefault(signature(part.lists["body"]), []).append(part)
    return [*equal.values()]


@dataclass
class Column:
    """What stands at one place of all instances; None where one has nothing there."""

    parts: list[Part | None]
    inner: dict[str, list[Column]]

    @property
    def first(self) -> Part:
        """An instance that has it."""
        return next(part for part in self.parts if part)


def _aligned(several: Sequence[Sequence[Part] | None]) -> list[Column] | None:
    """The columns of lists that are alike but for what some leave out; None if they are not."""
    there = [one for one in several if one is not None]
    longest = max(there, key=len)
    columns: list[list[Part | None]] = [[] for _ in longest]
    for one in several:
        waiting = [*(one or ())]
        for column, part in zip(columns, longest, strict=True):
            fits = bool(waiting) and _own(waiting[0]) == _own(part)
            column.append(waiting.pop(0) if fits else None)
        if waiting:
            return None
    found: list[Column] = []
    for column in columns:
        inner: dict[str, list[Column]] = {}
        for key in dict.fromkeys(key for part in column if part for key in part.lists):
            below = _aligned([part.lists.get(key, []) if part else None for part in column])
            if below is None:
                return None
            inner[key] = below
        found.append(Column(column, inner))
    return found


def _own(part: Part) -> object:
    """What must be equal for two parts to be one text: all but numbers, and what stands in its lists."""
    words = {key: _kind_of(value) for key, value in part.fields.items() if not _counts(part, key)}
    return part.word, part.source, part.when, tuple(sorted(words.items(), key=str))


def _counts(part: Part, key: str) -> bool:
    """Whether a field is a number here and, if it is left out, has one as its default."""
    value = part.fields[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    found = find(part.word)
    required = found is None or found[0].model_fields[key].is_required()
    return required or _default(part.word, key) is not None or part.word == "repeat"


def _default(word: str, key: str) -> int | float | None:
    """The number that a field has without being given."""
    found = find(word)
    default: Any = found[0].model_fields[key].default if found else None
    several = cast("tuple[Any, ...]", default if isinstance(default, tuple) else (default,))
    value = several[0] if len(several) == 1 else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _bodies(parts: Sequence[Part], depth: int) -> Iterator[tuple[int, Part]]:
    """The modules, each with how deep it stands in others."""
    for part in parts:
        inner = depth + 1 if part.word == "body" else depth
        for several in part.lists.values():
            yield from _bodies(several, inner)
        if part.word == "body":
            yield depth, part


def signature(parts: Sequence[Part]) -> object:
    """What of a list must be equal for one text to stand for several: all but numbers."""
    return tuple(
        (
            part.word,
            part.name,
            part.source,
            part.when,
            tuple((key, _kind_of(value)) for key, value in part.fields.items()),
            tuple((key, signature(several)) for key, several in part.lists.items()),
        )
        for part in parts
    )


def _kind_of(value: object) -> object:
    """A number is any number; words are themselves."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return int
    return repr(value)


# -- blocks -------------------------------------------------------------------------------------------------


def _block(instances: Sequence[Part], taken: set[str]) -> Block | None:
    """One block for modules that are alike, which become calls of it; None if that saves no lines."""
    columns = _aligned([part.lists["body"] for part in instances])
    if len(instances) < 2 or columns is None:
        return None
    lines = [_lines(part.lists["body"]) for part in instances]
    if sum(lines) <= max(lines) + len(instances) + 2:
        return None
    block = Block(_name(instances, taken), [])
    known: dict[str, list[Any]] = {}
    _conditions(columns, known)
    slots = [*_slots(columns)]
    _parametrize(block, slots, [part.channels for part in instances], known)
    block.body = _body(columns)
    for part in instances:
        part.word, part.lists, part.fields = block.name, {}, {}
    for name, values in known.items():
        (value, often), *_ = Counter(v for v in values if v is not None).most_common()
        block.params[name] = value if often > 1 else "required"
        for part, own in zip(instances, values, strict=True):
            part.fields[name] = value if own is None else own
    return block


def _conditions(columns: Sequence[Column], known: dict[str, list[Any]]) -> None:
    """What some instances leave out stands under a condition."""
    for column in columns:
        has = [part is not None for part in column.parts]
        if not all(has):
            same = next((name for name, values in known.items() if values == has), None)
            name = same or free(column.first.name or f"with_{column.first.word}", known)
            known[name] = has
            column.first.when = f"${name}"
            continue
        for inner in column.inner.values():
            _conditions(inner, known)


def _body(columns: Sequence[Column]) -> list[Part]:
    """The text of the block, from the first instance that has each part."""
    found: list[Part] = []
    for column in columns:
        part = column.first
        part.lists = {key: _body(inner) for key, inner in column.inner.items()}
        found.append(part)
    return found


def _lines(parts: Sequence[Part]) -> int:
    return sum(1 + sum(1 + _lines(several) for several in part.lists.values() if several) for part in parts)


def _name(instances: Sequence[Part], taken: set[str]) -> str:
    """The class in small letters; of a mere sequence what the instances' names have in common."""
    module_class = instances[0].module_class
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", module_class).lower().strip("_")
    if name in {"", "sequential", "module_list"}:
        names = [part.name for part in instances if part.name]
        stem = names[0].rstrip("0123456789_") if names else ""
        name = stem if stem and all(n.startswith(stem) for n in names) else "stage"
    return free(name, taken)


@dataclass
class _Slot:
    """A number that stands at one place: of every instance, None where there is no such place."""

    part: Part
    key: str
    values: list[Any]
    channels: list[int | None]


def _slots(columns: Sequence[Column]) -> Iterator[_Slot]:
    for column in columns:
        there = [part for part in column.parts if part]
        for key in dict.fromkeys(key for part in there for key in part.fields if _counts(part, key)):
            word = column.first.word
            values = [part.fields.get(key, _default(word, key)) if part else None for part in column.parts]
            yield _Slot(column.first, key, values, [part.channels if part else None for part in column.parts])
        for inner in column.inner.values():
            yield from _slots(inner)


def _parametrize(
    block: Block, slots: Sequence[_Slot], arriving: list[int], known: dict[str, list[Any]]
) -> None:
    """Numbers that differ become parameters, or what follows from others."""
    numbers: dict[str, list[Any]] = {}
    for slot in slots:
        there = {value for value in slot.values if value is not None}
        if (
            len(there) == 1
            and slot.key in slot.part.fields
            and not (slot.key == "groups" and slot.values == slot.channels)
        ):
            continue
        said = _followed(slot, numbers, arriving)
        if not said:
            name = _parameter(slot, {**known, **numbers}, block)
            numbers[name] = slot.values
            said = f"${name}"
        slot.part.fields[slot.key] = said
    known.update(numbers)


def _parameter(slot: _Slot, known: dict[str, list[Any]], block: Block) -> str:
    base = {"out_channels": "channels", "out_features": "features"}.get(slot.key, slot.key)
    if slot.part.name and base in known:
        base = f"{slot.part.name}_{base}"
    return free(base, {*known, block.name})


def _followed(slot: _Slot, known: dict[str, list[Any]], arriving: list[int]) -> str:
    """How a number follows from parameters or from what arrives; empty if it does not."""
    if _equal(slot.values, slot.channels):
        return "$in_channels"
    for name, values in known.items():
        if _equal(slot.values, values):
            return f"${name}"
    for name, values in known.items():
        if found := _multiple(slot.values, values, name):
            return found
    if slot.key in {"padding", "stride", "kernel_size", "repeat"}:
        return ""
    if _equal(slot.values, arriving):
        return "$(in_channels(input))"
    return _multiple(slot.values, slot.channels, "in_channels") or _multiple(
        slot.values, arriving, "in_channels(input)"
    )


def _equal(values: Sequence[Any], of: Sequence[Any]) -> bool:
    """Whether two rows agree wherever the first has something."""
    return all(v is None or v == n for v, n in zip(values, of, strict=True))


def _multiple(values: Sequence[Any], of: Sequence[Any], name: str) -> str:
    """`k*name` or `name//k`, for all."""
    pairs = [(v, n) for v, n in zip(values, of, strict=True) if v is not None]
    if (
        not all(isinstance(n, int) and n > 0 for pair in pairs for n in pair)
        or len({n for _, n in pairs}) == 1
    ):
        return ""
    v, n = pairs[0]
    if v > n and not v % n and all(a == v // n * b for a, b in pairs):
        return f"$({v // n}*{name})"
    if n > v and all(a == b // (n // v) for a, b in pairs):
        return f"$({name}//{n // v})"
    return ""


# -- repeats ------------------------------------------------------------------------------------------------


def _repeated(parts: list[Part]) -> None:
    """Runs of equal neighbours as a repeat, in all lists."""
    for part in parts:
        for several in part.lists.values():
            _repeated(several)
    made: list[Part] = []
    i = 0
    while i < len(parts):
        period, times = _run(parts, i)
        if times > 1:
            body = parts[i : i + period]
            made.append(_repeat(times, body))
            for part in body:
                part.name = part.name if period > 1 else ""
            i += period * times
        else:
            made.append(parts[i])
            i += 1
    parts[:] = made


def _repeat(times: int, body: list[Part]) -> Part:
    """A repeat; where each joins what it takes with what it makes, a dense one."""
    fields: dict[str, Any] = {"repeat": times}
    channels = body[0].channels
    ways = [*body[0].lists.values()]
    if len(body) == 1 and body[0].fields == {"merge": "concat"} and len(ways) == 2 and not ways[0]:
        fields["dense"], body = "concat", ways[1]
    return Part("repeat", fields, {"body": body}, channels=channels)


def _run(parts: Sequence[Part], start: int) -> tuple[int, int]:
    """The period and number of the longest run of equal parts that begins here."""
    best = (1, 1)
    for period in range(1, 7):
        first = [_whole(part) for part in parts[start : start + period]]
        times = 1
        while [
            _whole(p) for p in parts[start + period * times : start + period * (times + 1)]
        ] == first and len(first) == period:
            times += 1
        if times > 1 and period * (times - 1) > best[0] * (best[1] - 1):
            best = (period, times)
    return best


def _whole(part: Part) -> object:
    """A part as it is written, without its name; one that is read by its name is like no other."""
    if part.is_read:
        return id(part)
    return repr(Part.plain(Part(part.word, part.fields, part.lists, "", part.source, 0, "", part.when)))
