"""Makes repeats of neighbours that are alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcost.importing.alignment import aligned, is_activation, likeness, lines_of, value_of
from archcost.importing.blocks import counters, is_closed, lines
from archcost.importing.parts import Part, Starting
from archcost.importing.relations import Scope, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.windows.window import Shape

PERIODS = 6
"""Parts that an iteration has at most."""


def repeated(parts: list[Part]) -> None:
    """Runs of equal neighbours as a repeat, in this list."""
    keys = [_whole(part) for part in parts]
    made: list[Part] = []
    i = 0
    while i < len(parts):
        period, times = _run(keys, i) if i == 0 or not follows(parts[i], made[-1]) else (1, 1)
        if times > 1 and (times - 1) * lines(parts[i : i + period]) > 2:
            made.append(_repeat([parts[i + n * period : i + (n + 1) * period] for n in range(times)]))
            i += period * times
        else:
            made.append(parts[i])
            i += 1
    parts[:] = made


def follows(part: Part, before: Part) -> bool:
    """Whether it belongs to the layer before it."""
    is_weighted = before.word in {"conv", "depthwise_conv", "conv_transpose", "linear"}
    return (is_weighted and "norm" in part.word) or (
        is_activation(part) and (is_weighted or "norm" in before.word)
    )


def _run(keys: Sequence[object], start: int) -> tuple[int, int]:
    """The period and number of the longest run of equal parts that begins here, if it saves lines."""
    best = (1, 1)
    for period in range(1, min(PERIODS, (len(keys) - start) // 2) + 1):
        first = keys[start : start + period]
        end = start + period
        while keys[end : end + period] == first:
            end += period
        times = (end - start) // period
        if times > 1 and period * (times - 1) > best[0] * (best[1] - 1):
            best = (period, times)
    return best


def _whole(part: Part) -> object:
    """A part as it is written, without its name; one that is read by its name is like no other."""
    return id(part) if part.is_read else repr(_unnamed(part).plain())


def _unnamed(part: Part) -> Part:
    """A part without the names that nobody reads."""
    lists = {key: [_unnamed(one) for one in several] for key, several in part.lists.items()}
    return replace(part, lists=lists, name=part.name if part.is_read else "")


def _repeat(iterations: Sequence[list[Part]]) -> Part:
    """A repeat; where each joins what it takes with what it makes, a dense one."""
    body = iterations[0]
    shape = body[0].shape
    _forget(iterations)
    fields: dict[str, Any] = {"repeat": len(iterations)}
    if len(body) == 1:
        body[0].name = ""
        inner = body[0].lists["body"] if body[0].word == "body" else body
        ways = [] if body[0].source or inner[0].source else [*inner[0].lists.values()]
        if len(inner) == 1 and inner[0].fields == {"merge": "concat"} and len(ways) == 2 and not ways[0]:
            fields["dense"], body = "concat", ways[1]
    return Part("repeat", fields, {"body": body}, shape=shape)


def _forget(iterations: Sequence[Sequence[Part]]) -> None:
    """In the first iteration the sizes of what arrives that are others later are not known, nor are names."""
    for at in zip(*iterations, strict=True):
        at[0].shape = common([part.shape for part in at])
        if len({part.name for part in at}) > 1 and not at[0].is_read:
            at[0].name = ""
        for key in at[0].lists:
            _forget([part.lists[key] for part in at])


def common(shapes: Sequence[Shape]) -> Shape:
    """What is equal in shapes, and 0 where they differ."""
    if len({*map(len, shapes)}) > 1:
        return ()
    return tuple(sizes[0] if len({*sizes}) == 1 else 0 for sizes in zip(*shapes, strict=True))


# -- a first iteration that differs -------------------------------------------------------------------------


def with_start(parts: list[Part]) -> None:
    """A call before a repeat of the same call becomes its first iteration, if few arguments differ."""
    for i in reversed(range(len(parts) - 1)):
        first, rest = parts[i], parts[i + 1]
        body = rest.lists.get("body", [])
        times: Any = rest.fields.get("repeat")
        is_plain = type(times) is int and len(body) == len(rest.fields) == 1
        if is_plain and (made := _started(first, body[0], times + 1)):
            parts[i : i + 2] = [made]


def two_started(parts: list[Part]) -> None:
    """A list that is two calls as a repeat as well, so that it is like longer ones."""
    if len(parts) == 2 and not parts[1].is_read and not parts[1].source:
        made = _started(parts[0], parts[1], 2)
        parts[:] = [made] if made else parts


def without_two(parts: list[Part]) -> None:
    """Two calls where a repeat of two is one."""
    made: list[Part] = []
    for part in parts:
        for several in part.lists.values():
            without_two(several)
        is_two = part.fields in ({"repeat": {"i": 2}}, {"repeat": 2}) and not part.when and not part.is_read
        body = part.lists.get("body", [])
        made += _apart(part) if is_two and len(body) == 1 and not body[0].lists else [part]
    parts[:] = made


def _apart(repeat: Part) -> list[Part]:
    (call,) = repeat.lists["body"]
    found: list[Part] = []
    for which in ("first", "rest"):
        fields = {k: getattr(v, which) if isinstance(v, Starting) else v for k, v in call.fields.items()}
        found.append(replace(call, fields=fields))
    found[0].name = repeat.name
    return found


def _started(first: Part, rest: Part, times: int) -> Part | None:
    if first.lists or first.is_read or first.source or likeness(first) != likeness(rest):
        return None
    differs = [key for key in rest.fields if value_of(first, key) != value_of(rest, key)]
    if len(differs) > 2 or not all(type(first.fields[key]) in {int, float, str} for key in differs):
        return None
    call = rest.copy()
    call.fields |= {key: Starting(first.fields[key], rest.fields[key]) for key in differs}
    call.shape = common([first.shape, rest.shape])
    return Part("repeat", {"repeat": {"i": times} if differs else times}, {"body": [call]}, shape=first.shape)


# -- iterations with arguments of their own -----------------------------------------------------------------


def tabled(parts: list[Part]) -> None:
    """Runs of neighbours that differ in numbers as a repeat with variables, if that saves lines."""
    keys: list[object] = [_likeness(part) for part in parts]
    # A run that did not become a repeat is tried again from each part of its first iteration, not of all.
    tried: dict[int, tuple[int, int]] = dict.fromkeys(range(1, PERIODS + 1), (0, 0))
    i = 0
    while i < len(parts):
        for period, (start, stop) in tried.items():
            if start <= i < stop or (i and follows(parts[i], parts[i - 1])):
                continue
            end = i + _alike(keys, i, period) * period
            if i >= stop:
                tried[period] = (i + period, end)
            several = [parts[n : n + period] for n in range(i, end, period)]
            if period == 1:
                several = [[one] for part in parts[i:end] for one in _iterations(part)]
            if end > i + period and (made := table(several)):
                parts[i:end], keys[i:end] = [made], [likeness(made)]
                tried = dict.fromkeys(tried, (0, 0))
                break
        i += 1


def _likeness(part: Part) -> object:
    """What parts have alike that may be iterations; a part that is repeated is like one that is not."""
    if part.is_read:
        return id(part)
    once = _iterations(part)[0]
    return id(part) if once.is_read else likeness(once)


def _iterations(part: Part) -> list[Part]:
    """A part that is repeated, so often; another one once."""
    body, times = part.lists.get("body", []), part.fields.get("repeat")
    if type(times) is not int or not len(body) == len(part.fields) == 1 or part.when:
        return [part]
    return [body[0].copy() for _ in range(times)]


def _alike(keys: Sequence[object], start: int, period: int) -> int:
    """How many iterations of so many parts begin here that are alike."""
    end = start + period
    while end + period <= len(keys) and keys[end : end + period] == keys[start : start + period]:
        end += period
    return (end - start) // period


def table(iterations: Sequence[list[Part]]) -> Part | None:
    """A repeat with a variable for what differs; None if it saves no lines."""
    several = [_opened(parts) for parts in iterations]
    last = iterations[-1][-1]
    if any(part.is_read for parts in iterations for part in parts if part is not last):
        return None
    if not all(is_closed(parts) for parts in several):
        return None
    columns = aligned([[part.copy() for part in parts] for parts in several])
    if columns is None:
        return None
    before = sum(map(lines, iterations))
    taken = {name for parts in several for name in counters(parts)}
    arriving = {i: parts[0].shape for i, parts in enumerate(several)}
    scope = Scope(None, taken)
    body = say(columns, arriving, scope)
    if not scope.rows:
        return None
    rows = {name: [row.get(i) for i in arriving] for name, row in scope.rows.items()}
    for values in rows.values():
        usual = next(v for v in values if v is not None)
        values[:] = [usual if v is None else v for v in values]
    wide = sum(len(repr(values)) + len(name) + 4 for name, values in rows.items()) > 110
    written: Any = rows
    if wide and len(rows) > len(arriving):
        written = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
    height = 2 + (min(len(rows), len(arriving)) if wide else 0)
    if before - lines_of(columns) - height < len(rows):
        return None
    _forget_columns(body, several)
    name = last.name if last.is_read else _stem([parts[0].name for parts in iterations if len(parts) == 1])
    shape = arriving[0]
    return Part("repeat", {"repeat": written}, {"body": body}, name, shape=shape, is_read=last.is_read)


def _forget_columns(body: Sequence[Part], several: Sequence[Sequence[Part]]) -> None:
    """What arrives differs from iteration to iteration."""
    for part in body:
        part.shape = ()
        for inner in part.lists.values():
            _forget_columns(inner, several)


def _opened(parts: list[Part]) -> list[Part]:
    return (
        parts[0].lists["body"]
        if len(parts) == 1 and parts[0].word == "body" and not parts[0].source
        else parts
    )


def _stem(names: Sequence[str]) -> str:
    """What names with numbers have in common."""
    stems = {name.rstrip("0123456789").rstrip("_") for name in names}
    return stems.pop() if len(stems) == 1 and all(names) else ""
