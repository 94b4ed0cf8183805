"""What a difference says in words, shared by the writers that are read by people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, cast

from archcost.analysis.measures import MEASURES
from archcost.results.report import COUNTS, field_text
from archcost.review.cause_text import or_absent, other_inputs, text_of
from archcost.windows.window import axis_names, show
from archcost.words.numbers import apart, formatter, percent, share_percent
from archcost.words.wording import few_of, gist, in_a_row, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcost.results.difference import (
        CauseDiff,
        Diff,
        NodeDiff,
        Number,
        OutputChange,
        Renamed,
        SeenChange,
        Side,
        Total,
    )
    from archcost.results.report import SeenField
    from archcost.words.numbers import Units

HEADERS = ("measure", "base", "head", "difference", "%")

_TITLES = {name: measure.title for name, measure in MEASURES.items()}


def title(diff: Diff) -> str:
    """Both networks, and where they come from."""
    if diff.base is None or diff.head is None:
        side = diff.head or diff.base
        return f"{_side(side) if side else ''}: {diff.status}"
    return f"{_side(diff.base)} → {_side(diff.head)}"


def _side(side: Side) -> str:
    variant = f", variant {side.variant}" if side.variant else ""
    at = f" at {side.revision}" if side.revision else ""
    return f"{side.name}{variant} ({side.path}{at})"


def setting(diff: Diff) -> Iterator[str]:
    """What else differs of the networks as a whole, apart from causes: shapes, variables, how many nodes."""
    whats = [cause.what.partition(":")[0] for cause in diff.causes if cause.kind in {"input", "variable"}]
    causes = {name for what in whats for name in what.split(" → ")}  # an input may be renamed as well
    for change in diff.inputs:
        if change.name not in causes:
            name = change.name if change.name == "input" else f"input {change.name}"
            yield f"{name}: {_shape(change.base)} → {_shape(change.head)}"
    for output in diff.outputs:
        yield f"output {_output(output)}"
    for change in diff.vars:
        if change.name not in causes:
            yield f"{change.name}: {or_absent(change.base)} → {or_absent(change.head)}"
    if diff.base and diff.head and diff.base.nodes != diff.head.nodes:
        yield f"nodes: {diff.base.nodes} → {diff.head.nodes}"


def _shape(value: object) -> str:
    return "absent" if value is None else text_of(value).strip("[]").replace(", ", "×")


def _output(change: OutputChange) -> str:
    if change.base is None or change.head is None:
        name = change.base_name if change.head is None else change.head_name
        return f"{name}: {'added' if change.base is None else 'removed'}"
    names = (
        change.head_name
        if change.base_name == change.head_name
        else f"{change.base_name} → {change.head_name}"
    )
    if change.base != change.head:
        return f"{names}: {show(change.base)} → {show(change.head)}"
    return f"{names}: comes from {change.head_node} instead of {change.base_node}"


# -- numbers ----------------------------------------------------------------------------------------------


def signed(number: int, units: Units = "si") -> str:
    """A difference with its sign.

    >>> signed(17_327_808), signed(-8), signed(0)
    ('+17.33 M', '-8', '0')
    """
    return f"{'+' if number > 0 else '-'}{formatter(units)(abs(number))}" if number else "0"


def share(difference: Number, base: Number | None) -> str:
    """A difference in percent of what was there; empty if nothing was.

    >>> share(131, 1000), share(-1, 10_000), share(0, 5), share(3, 0)
    ('+13.1', '-<0.1', '0', '')
    """
    if not base:
        return ""
    if isinstance(difference, float) or isinstance(base, float):
        difference, base = round(difference * 10**9), round(base * 10**9)
    sign = "+" if difference > 0 else "-" if difference < 0 else ""
    return sign + percent(abs(difference), base)


def totals(diff: Diff, units: Units) -> list[list[str]]:
    """A row per number of the whole network."""
    return [_total(total, units) for total in diff.totals]


def _total(total: Total, units: Units) -> list[str]:
    name = _TITLES[total.measure]
    one_sided = total.base is None or total.head is None
    if total.unit == "share":
        texts = ("" if value is None else f"{100 * value:.1f} %" for value in (total.base, total.head))
        return [name, *texts, "" if one_sided else f"{100 * total.difference:+.1f}", ""]
    base, head = (None if value is None else int(value) for value in (total.base, total.head))
    left, right = apart(base or 0, head or 0, units)
    return [
        name,
        left if base is not None else "",
        right if head is not None else "",
        # A field that is not there, or not known, is not a field of 0.
        "" if one_sided and total.unit == "positions" else signed(int(total.difference), units),
        share(total.difference, total.base),
    ]


MAIN = ("macs", "params")

_SOME = 3
"""Counts that stand for all, where there are no MACs among them."""


def effect(counts: Mapping[str, int], diff: Diff, units: Units) -> str:
    """What a cause changes: MACs and parameters with their shares; without MACs, some of the rest."""
    names = [name for name in MAIN if counts[name]]
    if not counts["macs"]:
        names += [name for name in COUNTS if counts[name] and name not in MAIN][:_SOME]
    return ", ".join(_effect(name, counts[name], diff, units) for name in names) or "no count changes"


def _effect(name: str, number: int, diff: Diff, units: Units) -> str:
    total = diff.total(name)
    part = share(number, total.base) if total else ""
    return f"{signed(number, units)} {_TITLES[name]}" + (f" ({part} %)" if part else "")


# -- causes -----------------------------------------------------------------------------------------------


def place(cause: CauseDiff) -> str:
    """Where the item of a cause is written."""
    found = cause.head or cause.base
    return f"{found.file}:{found.line}" if found else ""


def rippled(diff: Diff, index: int) -> str:
    """What a cause does to layers that were not touched; empty if nothing."""
    nodes = [node for node in diff.nodes if node.status == "rippled" and node.causes == (index,)]
    groups: dict[str, list[NodeDiff]] = {}
    for node in nodes:
        groups.setdefault(_way(node), []).append(node)
    parts = [f"{len(group)} {_grown(way, group)}" for way, group in groups.items()]
    return f"of the layers behind it, {', '.join(parts)}" if parts else ""


def _way(node: NodeDiff) -> str:
    """In what a layer's output differs."""
    b, h = node.base_output or (), node.head_output or ()
    if b == h:
        return "same"
    if len(b) != len(h):
        return "rank"
    channels, positions = b[:1] != h[:1], b[1:] != h[1:]
    return "both" if channels and positions else "channels" if channels else "positions"


def _grown(way: str, nodes: Sequence[NodeDiff]) -> str:
    """How the outputs of some layers differ, as the end of a sentence about them."""
    if way == "same":
        read = sum(node.memory_access for node in nodes)
        much = "more" if read > 0 else "less" if read < 0 else "something else"
        return f"read{'s' * (len(nodes) == 1)} {much}"
    verb = "give" + "s" * (len(nodes) == 1)
    if way == "rank":
        return f"{verb} tensors of other axes"
    steps = {_step(node) for node in nodes}
    if way == "positions" and len(steps) == 1 and (by := _by(next(iter(steps)))):
        return by if len(nodes) > 1 else by.replace(" ", "s ", 1)
    words = {"channels": "channels", "positions": "positions", "both": "channels and positions"}[way]
    signs = {_sign(step) for step in steps}
    much = {1: "more", -1: "fewer"}.get(next(iter(signs)), "other") if len(signs) == 1 else "other"
    return f"{verb} {much} {words}"


def _step(node: NodeDiff) -> tuple[int, ...]:
    return tuple(h - b for b, h in zip(node.base_output or (), node.head_output or (), strict=True))


def _sign(step: Sequence[int]) -> int:
    """1 if no axis gets smaller, -1 if none gets larger, else 0."""
    return 1 if min(step) >= 0 else -1 if max(step) <= 0 else 0


def _by(step: Sequence[int]) -> str:
    """The axes that grow or shrink, if all of them do alike: `grow by one row and one column`."""
    axes = {2: ("row", "column")}.get(len(step) - 1) or axis_names(len(step) - 1)
    moved = [(name, n) for name, n in zip(axes, step[1:], strict=True) if n]
    if not _sign(step):
        return ""
    amounts = " and ".join(_amount(name, abs(n)) for name, n in moved)
    return f"{'grow' if _sign(step) > 0 else 'shrink'} by {amounts}"


def _amount(name: str, number: int) -> str:
    if name not in ("row", "column"):
        return f"{number} in {name}"
    return f"one {name}" if number == 1 else plural(number, name)


# -- layers -----------------------------------------------------------------------------------------------


class ChangedLayers(NamedTuple):
    """Layers that changed alike.

    Attributes:
        word: `added`, `removed` or `changed`.
        path: theirs, in short.
        kind: what they do.
        text: how they changed.
        weight: what the largest come first by.
    """

    word: str
    path: str
    kind: str
    text: str
    weight: tuple[int, int]


def entries(nodes: Iterable[NodeDiff], diff: Diff, units: Units) -> list[ChangedLayers]:
    """Layers that were changed themselves, those that changed alike in one entry, the worst first."""
    alike: dict[tuple[str, str, str], list[NodeDiff]] = {}
    for node in nodes:
        alike.setdefault((node.status, node.kind, "; ".join(filter(None, _details(node)))), []).append(node)
    found = [_entry(key, group, diff, units) for key, group in alike.items()]
    return sorted(found, key=lambda entry: entry.weight)


def _entry(key: tuple[str, str, str], nodes: Sequence[NodeDiff], diff: Diff, units: Units) -> ChangedLayers:
    status, kind, details = key
    counts = {name: sum(getattr(node, name) for node in nodes) for name in COUNTS}
    path = gist([node.path for node in nodes])
    if len(nodes) > 1:
        path += f" ({len(nodes)}×)"
    text = "; ".join(filter(None, [details, effect(counts, diff, units)]))
    return ChangedLayers(status, path, kind, text, _weight(counts))


def _weight(counts: Mapping[str, int]) -> tuple[int, int]:
    return -abs(counts["macs"]), -abs(counts["params"])


def _details(node: NodeDiff) -> Iterator[str]:
    """Field by field, then what it reads and gives, then what it sees."""
    yield field_changes(node)
    if node.inputs is not None:
        yield other_inputs(*(cast("list[str]", side) for side in (node.inputs.base, node.inputs.head)))
    if node.status == "changed" and node.base_output != node.head_output:
        yield f"output {show(node.base_output or ())} → {show(node.head_output or ())}"
    for field in node.receptive_fields:
        yield from _seen(field)


def field_changes(node: NodeDiff) -> str:
    """The fields of a layer that are others, or those of a layer that was added or removed."""
    if node.base is None or node.head is None:
        return field_text({one.name: one.head if node.base is None else one.base for one in node.fields})
    return ", ".join(f"{one.name} {or_absent(one.base)} → {or_absent(one.head)}" for one in node.fields)


def _seen(change: SeenChange) -> Iterator[str]:
    before, after = _field(change.base), _field(change.head)
    if before != after:
        yield f"field {before} → {after}"


def _field(field: SeenField | None) -> str:
    if field is None:
        return "none"
    if field.size is None:
        return "unknown"
    holes = f" ({share_percent(field.coverage, field.size)} %)" if field.holes else ""
    return ("all" if field.is_global else show(field.size)) + holes


def renamed(diff: Diff) -> Iterator[str]:
    """A line per rename; layers that only got another number are one line."""
    for one in diff.renamed:
        if not one.renumbered:
            yield f"{one.base} → {one.head}{_layers(one)}"
    numbers = [one for one in diff.renamed if one.renumbered]
    if numbers:
        first, total = numbers[0], sum(one.nodes for one in numbers)
        more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
        yield f"renumbered: {first.base} → {first.head}{more} ({plural(total, 'layer')})"


def _layers(one: Renamed) -> str:
    return f" ({one.nodes} layers)" if one.nodes > 1 else ""


class Where(NamedTuple):
    """The difference of all layers whose paths begin alike."""

    path: str
    counts: Counter[str]
    nodes: int


PLACES = ("layers", "differ", "parameters", "MACs")


def where(diff: Diff, depth: int) -> list[Where]:
    """The difference by the first segments of paths, the worst first."""
    sums: dict[str, Counter[str]] = {}
    nodes = Counter[str]()
    for node in diff.nodes:
        path = ".".join(node.path.split(".")[:depth])
        nodes[path] += 1
        sums.setdefault(path, Counter()).update(node.counts())
    found = [Where(path, counts, nodes[path]) for path, counts in sums.items()]
    return sorted(found, key=lambda one: _weight(one.counts))


def places(found: Iterable[Where], units: Units) -> list[list[str]]:
    """A row for each, under `PLACES`."""
    return [
        [one.path, str(one.nodes), signed(one.counts["params"], units), signed(one.counts["macs"], units)]
        for one in found
    ]


_EQUAL = 5
"""Networks without a difference that are named."""


def unchanged(diffs: Sequence[Diff]) -> str:
    """That some networks did not change, in a sentence; empty if all did."""
    equal = [diff for diff in diffs if diff.status == "equal"]
    if len(equal) > 1:
        return f"no difference: {few_of([*dict.fromkeys(map(_where_from, equal))], _EQUAL)}"
    return "".join(f"{_where_from(diff)}: no difference" for diff in equal)


def _where_from(diff: Diff) -> str:
    base, head = diff.base, diff.head
    if base is None or head is None:
        return ""
    if base.revision:
        variant = f" ({head.variant})" if head.variant else ""
        return f"{head.path}{variant} since {base.revision}"
    return f"{base.path} → {head.path}"


def few(lines: Sequence[str], most: int, bullet: str = "", indent: str = "") -> list[str]:
    """At most so many lines, and how many more there are."""
    more = len(lines) - most
    rest = [f"{bullet}and {more} more; JSON has all"] if more > 0 else []
    return [f"{indent}{line}" for line in [*lines[:most], *rest]]


def cut(number: int, most: int, what: str) -> str:
    """How many more there are; empty if none."""
    return f"and {number - most} more {what}; JSON has all" if number > most else ""


def verdict(diff: Diff, units: Units) -> str:
    """The difference in MACs and parameters."""
    totals = [total for total in diff.totals if total.measure in MAIN]
    if diff.base is None or diff.head is None:
        rows = [_total(total, units) for total in totals]
        return f"{diff.status}: " + ", ".join(f"{row[2] or row[1]} {row[0]}" for row in rows)
    changed = {total.measure: int(total.difference) for total in diff.totals if total.measure in COUNTS}
    if not any(changed.values()):
        return "other layers, the same counts" if diff.nodes else "the same layers, other names"
    return effect(dict.fromkeys(COUNTS, 0) | changed, diff, units)


def alone(diff: Diff, index: int, units: Units) -> str:
    """What a cause changes by itself."""
    counts = diff.causes[index].counts()
    if not any(counts.values()) and any(index in one.causes for one in diff.together):
        return "counted below, together with others"
    return effect(counts, diff, units)


def together(diff: Diff, units: Units) -> Iterator[str]:
    """A line for each set of causes that change something together."""
    for one in diff.together:
        who = in_a_row(cause + 1 for cause in one.causes)
        yield f"{who} together, in {plural(one.nodes, 'layer')}: {effect(one.counts(), diff, units)}"


def changed_by(diff: Diff, index: int) -> list[NodeDiff]:
    """The layers that a cause changed, added or removed itself."""
    return [node for node in diff.nodes if index in node.changed_by]
