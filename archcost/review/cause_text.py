"""Causes of differences in words: what was changed, and where."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from archcost.expressions.values import show as show_value
from archcost.layers.given import fields_of, given
from archcost.results.report import field_text
from archcost.review.edits import MOST_TOGETHER
from archcost.windows.window import show
from archcost.words.paths import beginnings
from archcost.words.wording import gist

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcost.network import Network, Node
    from archcost.review.causes import NodeDifference
    from archcost.review.edits import Cause

NUMBERED = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def text_of(value: object) -> str:
    """A value of a layer's field as a spec writes it.

    >>> text_of([3]), text_of([1, 7]), text_of("same"), text_of(None)
    ('3', '[1, 7]', 'same', 'null')
    """
    return field_text({"": value})[2:]


def or_absent(value: object) -> str:
    """The same of a field that one side may not have."""
    return "absent" if value is None else text_of(value)


def other_inputs(before: Sequence[str], after: Sequence[str]) -> str:
    """What a layer reads instead, by the paths.

    >>> other_inputs(["a", "b"], ["a", "c"]), other_inputs(["a", "b"], ["b", "a"])
    ('reads a, c instead of a, b', 'reads the same in another order')
    """
    if before == after:
        return "reads other layers"
    if sorted(before) == sorted(after):
        return "reads the same in another order"
    return f"reads {', '.join(after)} instead of {', '.join(before)}"


def field_changes(b: Node, h: Node) -> list[tuple[str, object, object]]:
    """The fields in which two layers differ: name, before, after. Of two kinds, the kind and what is set."""
    if type(b.layer) is type(h.layer):
        if b.layer == h.layer:
            return []
        before, after = fields_of(b.layer), fields_of(h.layer)
        return [(name, before[name], after[name]) for name in before if before[name] != after.get(name)]
    before, after = given(b), given(h)
    names = [name for name in (before | after) if before.get(name) != after.get(name)]
    kinds = "kind", b.kind, h.kind
    return [kinds, *((name, before.get(name), after.get(name)) for name in names)]


class Wording:
    """Says what causes are, for one direction of looking."""

    def __init__(self, base: Network, head: Network, rows: Iterable[NodeDifference]) -> None:
        """Look from `base` to `head`, between which all of `rows` differ."""
        self._base = base
        self._head = head
        self._rows = tuple(rows)

    def what(self, cause: Cause, rows: Sequence[NodeDifference]) -> str:
        """A cause in words; `rows` are the nodes that it changed itself."""
        match cause.kind:
            case "variable":
                values = (network.variables[cause.name] for network in (self._base, self._head))
                return f"{cause.name}: {' → '.join(map(show_value, values))}"
            case "input":
                return self._input(cause)
            case "many":
                return f"more than {MOST_TOGETHER} causes together"
            case _:
                return self._item(rows)

    def _input(self, cause: Cause) -> str:
        sides = ((self._base, cause.base), (self._head, cause.head))
        found = [one for network, side in sides for one in network.inputs if one is side]
        if len(found) == 1:
            return f"{cause.name}: an input that was {'added' if cause.base is None else 'removed'}"
        names, shapes = (one.path for one in found), (show(one.output) for one in found)
        return f"{' → '.join(dict.fromkeys(names))}: {' → '.join(shapes)}"

    def _item(self, rows: Sequence[NodeDifference]) -> str:
        added = [row.head.path for row in rows if row.status == "added" and row.head]
        removed = [row.base.path for row in rows if row.status == "removed" and row.base]
        changed = [row for row in rows if row.status == "changed"]
        parts = [_changed(changed)] if changed else []
        if added:
            parts.append(self._whole(added, "added"))
        if removed:
            parts.append(self._whole(removed, "removed"))
        return "; ".join(parts) or "an item without a layer of its own"

    def _whole(self, paths: Sequence[str], verb: Literal["added", "removed"]) -> str:
        """Paths as groups that came or went as a whole, because of this cause for the most part."""
        here, gone, all_ = _sizes(paths), *self._sizes[verb]
        units: dict[str, None] = {}
        for path in paths:
            unit = path
            while (outer := unit.rpartition(".")[0]) and gone[outer] == all_[outer] < 2 * here[outer]:
                unit = outer
            units[unit] = None
        return _repetitions(list(units), verb) or f"{gist(list(units))} {verb}"

    @cached_property
    def _sizes(self) -> dict[str, tuple[Counter[str], Counter[str]]]:
        """How many nodes came, or went, behind each beginning of a path, and how many there are."""
        came = _sizes(row.head.path for row in self._rows if row.head and not row.base)
        went = _sizes(row.base.path for row in self._rows if row.base and not row.head)
        base, head = (_sizes(node.path for node in network) for network in (self._base, self._head))
        return {"added": (came, head), "removed": (went, base)}


def _sizes(paths: Iterable[str]) -> Counter[str]:
    sizes = Counter[str]()
    for path in paths:
        sizes.update(beginnings(path))
    return sizes


def _repetitions(units: Sequence[str], verb: str) -> str | None:
    """Whole rounds of one repeat."""
    parents, numbers = zip(
        *((unit.rpartition(".")[0], unit.rpartition(".")[2]) for unit in units), strict=True
    )
    if len(set(parents)) > 1 or not all(number.isdigit() for number in numbers):
        return None
    if len(units) > 1:
        more = "more" if verb == "added" else "fewer"
        return f"{parents[0] or 'repeat'}: {len(units)} {more} repetitions ({numbers[0]} to {numbers[-1]})"
    which = _ordinal(int(numbers[0]) + 1)
    article = "a" if verb == "added" else "no"
    if verb == "added" and which.startswith(("8", "11th", "18th", "eighth")):
        article = "an"
    return f"{units[0]}: {article} {which} repetition"


def _ordinal(number: int) -> str:
    """Which one of several.

    >>> [_ordinal(number) for number in (1, 10, 11, 21, 42, 112)]
    ['first', 'tenth', '11th', '21st', '42nd', '112th']
    """
    if number <= len(NUMBERED):
        return NUMBERED[number - 1]
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _changed(rows: Sequence[NodeDifference]) -> str:
    """Layers with other fields or inputs."""
    paths = [row.head.path for row in rows if row.head]
    texts = Counter(", ".join(_differences(row)) for row in rows)
    where = f"{gist(paths)} ({len(paths)}×)" if len(paths) > 1 and "*" in gist(paths) else gist(paths)
    if len(texts) == 1:
        return f"{where}: {next(iter(texts))}"
    names = dict.fromkeys(name for row in rows for name in _names(row))
    return f"{where}: other {', '.join(names)}"


def _differences(row: NodeDifference) -> list[str]:
    if row.base is None or row.head is None:
        return []
    fields = field_changes(row.base, row.head)
    texts = [f"{name} {or_absent(before)} → {or_absent(after)}" for name, before, after in fields]
    if row.is_rewired:
        before, after = ([tensor.path for tensor in node.inputs] for node in (row.base, row.head))
        texts.append(other_inputs(before, after))
    return texts or ["its weights are counted elsewhere"]


def _names(row: NodeDifference) -> list[str]:
    if row.base is None or row.head is None:
        return []
    names = [name for name, _, _ in field_changes(row.base, row.head)]
    return [*names, *(["inputs"] if row.is_rewired else [])]
