"""The spec language once more, from its description: plain data in, nodes out.

It shares nothing with archcost, knows the structures and a handful of kinds, and refuses without a reason
worth reading. Names are expected to be unique where they must be: it checks none.
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

Data: TypeAlias = Any
"""Whatever YAML holds: this file reads it as it comes."""
Item = dict[str, Data]
Scope = dict[str, "Tap"]
Values = dict[str, Data]

META = ("name", "from", "when", "push")
STRUCTURES = ("repeat", "branches", "residual", "body")
JOINS = ("merge", "collect", "dense")
MERGES = ("add", "multiply", "max", "concat")


class RefusedError(Exception):
    """The spec has a mistake."""


@dataclass(eq=False)
class Tensor:
    """An input or a node's output."""

    path: str
    shape: tuple[int, ...]
    kind: str = ""
    reads: tuple[Tensor, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}: {self.kind} {self.shape} <- {', '.join(x.path for x in self.reads)}"


@dataclass
class Tap:
    """What can be read of an item."""

    flow: tuple[Tensor, ...]
    parts: Scope = field(default_factory=dict[str, "Tap"])


@dataclass(frozen=True)
class Frame:
    """Where a walk stands: the path so far, the scopes around, the variables."""

    prefix: str
    scopes: tuple[Scope, ...]
    values: Values
    stacks: dict[str, list[Tensor]]

    def inside(self, segment: str | None, scope: Scope | None = None, values: Values | None = None) -> Frame:
        prefix = f"{self.prefix}{segment}." if segment else self.prefix
        scopes = (*self.scopes, {} if scope is None else scope)
        return Frame(prefix, scopes, self.values | (values or {}), self.stacks)

    def value(self, value: Data, flow: tuple[Tensor, ...]) -> Data:
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        known = dict(self.values)
        if len(flow) == 1:
            known |= {"in_channels": flow[0].shape[0], "in_height": flow[0].shape[1]}
        text = re.sub(
            r"in_(channels|height)\(([\w.-]+)\)", lambda size: str(self._size(*size.groups())), value
        )
        try:
            return eval(text[1:], {"__builtins__": {}}, known)  # noqa: S307 - the expressions are our own
        except NameError:
            raise RefusedError from None

    def _size(self, axis: str, tap: str) -> int:
        flow = _find(tap, self.scopes).flow
        if len(flow) != 1:
            raise RefusedError
        return flow[0].shape[("channels", "height").index(axis)]


def kind_of(item: Item) -> str:
    return next((s for s in STRUCTURES if s in item), None) or next(key for key in item if key not in META)


def mapping(data: Data) -> Item:
    """The data if it is a mapping, else an empty one."""
    return cast("Item", data) if isinstance(data, dict) else {}


def items_of(branch: Data) -> list[Item]:
    return mapping(branch).get("body", branch)


class Segments:
    """What every item adds to the path, by its id: a matter of the text alone."""

    def __init__(self) -> None:
        self.own: dict[int, str | None] = {}
        self.merge: dict[int, str] = {}
        self.branch: dict[tuple[int, str], str] = {}

    def sequence(self, items: list[Item], taken: dict[str, int]) -> None:
        for item in items:
            self._item(item, kind_of(item), taken)

    def _item(self, item: Item, kind: str, taken: dict[str, int]) -> None:
        name = _take(item["name"], taken, "name") if "name" in item else None
        if kind not in STRUCTURES:
            self.own[id(item)] = name or _take(kind, taken)
        elif kind == "repeat":
            self._repeat(item, name, taken)
        else:
            self.own[id(item)] = name
            self._structure(item, kind, {} if name else taken)

    def _repeat(self, item: Item, name: str | None, taken: dict[str, int]) -> None:
        unnamed = None if name else _take("repeat", taken)
        self.own[id(item)] = name or (None if unnamed == "repeat" else unnamed)
        inside: dict[str, int] = {}
        self.sequence(item["body"], inside)
        if "dense" in item:
            self.merge[id(item)] = _take(item["dense"], inside)
        for mode in ("merge", "collect"):
            if mode in item:
                self.merge[id(item)] = _take(item[mode], {} if self.own[id(item)] else taken)

    def _structure(self, item: Item, kind: str, taken: dict[str, int]) -> None:
        if kind == "body":
            self.sequence(item["body"], taken)
            return
        if kind == "residual":
            self.sequence(item["residual"], taken)
        branches = item.get("branches") or ({"shortcut": item["shortcut"]} if "shortcut" in item else {})
        for name, branch in branches.items():
            self.branch[id(item), name] = _take(name, taken, "name" if kind == "branches" else "")
            self.sequence(items_of(branch), {})
        self.merge[id(item)] = _take(item.get("merge", "add"), taken)


def _take(word: str, taken: dict[str, int], what: str = "") -> str:
    count = taken[what + word] = taken.get(what + word, 0) + 1
    return word if count == 1 else f"{word}_{count}"


class Oracle:
    """Walks one spec. `nodes` are in written order."""

    def __init__(self, spec: Item) -> None:
        self.nodes: list[Tensor] = []
        self._spec = spec
        self._blocks: dict[str, Item] = spec.get("blocks", {})
        self._segments = Segments()
        for items in (spec["layers"], *(block["body"] for block in self._blocks.values())):
            self._segments.sequence(items, {})

    def outputs(self) -> tuple[Tensor, ...]:
        shapes = self._spec["input"]
        named = mapping(shapes) or {"input": shapes}
        inputs = tuple(Tensor(name, tuple(shape)) for name, shape in named.items())
        scope = {"input": Tap(inputs)} | {x.path: Tap((x,)) for x in inputs}
        return self._sequence(self._spec["layers"], inputs, Frame("", (scope,), self._spec["vars"], {})).flow

    def _sequence(self, items: list[Item], flow: tuple[Tensor, ...], frame: Frame) -> Tap:
        tap = Tap(flow)
        for item in items:
            tap = self._item(item, tap.flow, frame)
        return tap

    def _item(self, item: Item, flow: tuple[Tensor, ...], frame: Frame) -> Tap:
        before, arriving = {name: [*stack] for name, stack in frame.stacks.items()}, flow
        if "from" in item:
            given = item["from"]
            refs = cast("list[str]", given) if isinstance(given, list) else [given]
            flow = tuple(x for ref in refs for x in _read(ref, flow, frame))
        if frame.value(item.get("when", True), flow):
            tap = self._expand(item, kind_of(item), flow, frame)
            if "push" in item:
                if len(tap.flow) != 1:
                    raise RefusedError
                frame.stacks.setdefault(item["push"], []).append(tap.flow[0])
        else:
            frame.stacks.clear()  # what it would have popped stays
            frame.stacks.update(before)
            tap = self._left_out(item, flow, arriving)
        if "name" in item:
            frame.scopes[-1][item["name"]] = tap
        return tap

    def _left_out(self, item: Item, flow: tuple[Tensor, ...], arriving: tuple[Tensor, ...]) -> Tap:
        """A block that gives some of its inputs, and a carry, pass those on; others what stands before."""
        if len(flow) < 2:
            return Tap(flow)
        block = self._blocks.get(kind_of(item), {})
        inputs: list[str] = item.get("carry") or block.get("inputs", [])
        outputs: list[str] = item.get("carry") or block.get("outputs", [])
        if outputs and len(inputs) == len(flow) and {*outputs} <= {*inputs}:
            parts = {name: Tap((flow[inputs.index(name)],)) for name in outputs}
            return Tap(tuple(tap.flow[0] for tap in parts.values()), parts)
        if any(x not in flow for x in arriving):
            raise RefusedError
        return Tap(arriving)

    def _expand(self, item: Item, kind: str, flow: tuple[Tensor, ...], frame: Frame) -> Tap:
        segment = self._segments.own[id(item)]
        if kind == "body":
            return self._sequence(item["body"], flow, frame.inside(segment))
        if kind in ("branches", "residual"):
            return self._branches(item, flow, frame.inside(segment))
        if kind == "repeat":
            return self._repeat(item, flow, frame.inside(segment))
        if kind in self._blocks:
            return self._block(self._blocks[kind], mapping(item[kind]), flow, frame, segment)
        return self._layers(item, kind, flow, frame)

    def _layers(self, item: Item, kind: str, flow: tuple[Tensor, ...], frame: Frame) -> Tap:
        segment = self._segments.own[id(item)]
        fields = {name: frame.value(value, flow) for name, value in mapping(item[kind]).items()}
        if kind == "rearrange":
            return self._rearrange(item, flow, frame)
        if kind == "split":
            sizes = item[kind].get("sizes", [])
            named = mapping(sizes) or {str(i): size for i, size in enumerate(cast("list[Data]", sizes))}
            lengths = {name: frame.value(size, flow) for name, size in named.items()}
            return self._split(fields, lengths, flow, f"{frame.prefix}{segment}")
        return Tap((self._node(kind, fields, flow, f"{frame.prefix}{segment}"),))

    def _rearrange(self, item: Item, flow: tuple[Tensor, ...], frame: Frame) -> Tap:
        """One reshape where the order stays; else the axes taken apart, put in order, and together again."""
        fields = item["rearrange"]
        path = f"{frame.prefix}{self._segments.own[id(item)]}"
        sides: list[list[list[str]]] = []
        for side in fields["pattern"].split("->"):
            axes = re.findall(r"\(.*?\)|\w+", side)
            sides.append([[name for name in re.findall(r"\w+", axis) if name != "1"] for axis in axes])
        if len(flow) != 1 or len(sides[0]) != len(flow[0].shape):
            raise RefusedError
        sizes = {name: frame.value(size, flow) for name, size in fields.get("sizes", {}).items()}
        for axis, length in zip(sides[0], flow[0].shape, strict=True):
            known = math.prod(sizes[name] for name in axis if name in sizes)
            free = [name for name in axis if name not in sizes]
            if len(free) > 1 or length % known or (not free and known != length):
                raise RefusedError
            sizes |= dict.fromkeys(free, length // known)
        before, after = ([name for axis in side for name in axis] for side in sides)
        steps = [("reshape", [[name] for name in before]), ("transpose", [[name] for name in after])]
        steps = [("reshape", sides[1])] if before == after else [*steps, ("reshape", sides[1])]
        if before != after:
            steps = [step for step, is_new in zip(steps, _changes(sides, steps), strict=True) if is_new]
        (wire,), counts = flow, dict[str, int]()
        for word, axes in steps:
            segment = f".{_take(word, counts)}" if len(steps) > 1 else ""
            shape = tuple(math.prod(sizes[name] for name in axis) for axis in axes)
            self.nodes.append(Tensor(path + segment, shape, word, (wire,)))
            wire = self.nodes[-1]
        return Tap((wire,))

    def _branches(self, item: Item, flow: tuple[Tensor, ...], within: Frame) -> Tap:
        flows = (
            [self._sequence(item["residual"], flow, within.inside(None)).flow] if "residual" in item else []
        )
        shortcut = {"shortcut": item.get("shortcut", [])} if "residual" in item else {}
        for name, branch in (item.get("branches") or shortcut).items():
            if within.value(mapping(branch).get("when", True), flow):
                segment = self._segments.branch.get((id(item), name))
                flows.append(self._sequence(items_of(branch), flow, within.inside(segment)).flow)
        return Tap(self._join(item, item.get("merge", "add"), flows, within))

    def _join(
        self, item: Item, word: str, flows: list[tuple[Tensor, ...]], frame: Frame
    ) -> tuple[Tensor, ...]:
        if not flows or any(len(flow) != 1 for flow in flows):
            raise RefusedError
        if len(flows) == 1:
            return flows[0]
        path = frame.prefix + self._segments.merge[id(item)]
        return (self._node(word, {}, tuple(flow[0] for flow in flows), path),)

    def _block(
        self, block: Item, given: Values, flow: tuple[Tensor, ...], frame: Frame, segment: str | None
    ) -> Tap:
        names = block.get("inputs", ())
        if names and len(names) != len(flow):
            raise RefusedError
        scope = {"input": Tap(flow)} | {name: Tap((x,)) for name, x in zip(names, flow, strict=False)}
        values = dict(self._spec["vars"])
        for name, default in block.get("params", {}).items():
            if name in given:
                values[name] = frame.value(given[name], flow)
            else:
                values[name] = Frame("", (scope,), values, {}).value(default, flow)
        last = self._sequence(block["body"], flow, Frame(f"{frame.prefix}{segment}.", (scope,), values, {}))
        if "outputs" not in block:
            return Tap(last.flow)
        outputs = {name: _find(name, (scope,)) for name in block["outputs"]}
        return Tap(tuple(x for tap in outputs.values() for x in tap.flow), _nested(outputs))

    def _repeat(self, item: Item, flow: tuple[Tensor, ...], within: Frame) -> Tap:
        carry = item.get("carry", ())
        if carry and len(carry) != len(flow):
            raise RefusedError
        tap = Tap(flow, {name: Tap((x,)) for name, x in zip(carry, flow, strict=False)})
        rounds: list[Tap] = []
        for i, values in enumerate(_rounds(item["repeat"], within, flow)):
            inner = within.inside(str(i), dict(tap.parts) if carry else {}, values)
            arriving, before = flow if "merge" in item else tap.flow, tap
            tap = self._sequence(item["body"], arriving, inner)
            if carry:
                tap = _carried(before.parts, tap, inner.scopes[-1])
            if "dense" in item:
                tap = Tap(self._join(item, item["dense"], [arriving, tap.flow], inner))
            rounds.append(tap)
        flows = [one.flow for one in rounds]
        if rounds and "merge" in item:
            tap = Tap(self._join(item, item["merge"], flows, within))
        if rounds and "collect" in item:
            tap = Tap(self._join(item, item["collect"], [flow, *flows], within))
        parts = {str(i): one for i, one in enumerate(rounds)} if "name" in item else {}
        return Tap(tap.flow, (tap.parts if carry else {}) | parts)

    def _split(self, fields: Values, lengths: Values, flow: tuple[Tensor, ...], path: str) -> Tap:
        if len(flow) != 1:
            raise RefusedError
        axis: int = fields.get("axis", 0)
        parts: int | list[str] = fields.get("parts", [])
        whole = flow[0].shape[axis]
        names = [str(i) for i in range(parts)] if isinstance(parts, int) else list(parts)
        lengths = lengths or {name: whole // len(names) for name in names}
        rest: int = whole - sum(n for n in lengths.values() if n != -1)
        if rest < 1 if -1 in lengths.values() else rest:
            raise RefusedError
        found: Scope = {}
        for name, n in lengths.items():
            shape = list(flow[0].shape)
            shape[axis] = rest if n == -1 else n
            self.nodes.append(Tensor(f"{path}.{name}", tuple(shape), "slice", flow))
            found[name] = Tap((self.nodes[-1],))
        return Tap(tuple(tap.flow[0] for tap in found.values()), found)

    def _node(self, kind: str, fields: Values, reads: tuple[Tensor, ...], path: str) -> Tensor:
        shapes = [x.shape for x in reads]
        shape = _merged(kind, shapes) if kind in MERGES else _through(kind, fields, shapes)
        self.nodes.append(Tensor(path, shape, kind, reads))
        return self.nodes[-1]


def _changes(sides: list[list[list[str]]], steps: list[tuple[str, list[list[str]]]]) -> list[bool]:
    """Which steps change anything, by the axes they leave."""
    axes = [sides[0], *(axes for _, axes in steps)]
    return [one != other for one, other in itertools.pairwise(axes)]


def _read(ref: str, arriving: tuple[Tensor, ...], frame: Frame) -> tuple[Tensor, ...]:
    if ref == "previous":
        return arriving
    if not ref.startswith(("pop(", "all(")):
        return _find(ref, frame.scopes).flow
    stack = frame.stacks.get(ref[4:-1])
    if not stack:
        raise RefusedError
    if ref.startswith("pop("):
        return (stack.pop(),)
    everything = tuple(stack)
    stack.clear()
    return everything


def _find(ref: str, scopes: tuple[Scope, ...]) -> Tap:
    head, *rest = ref.split(".")
    found = next((scope[head] for scope in reversed(scopes) if head in scope), None)
    for part in rest:
        found = found and found.parts.get(part)
    if found is None or not found.flow:
        raise RefusedError
    return found


def _nested(outputs: Scope) -> Scope:
    """Outputs by their paths: `pair.high` is `high` of a `pair` that is no tensor itself."""
    parts: Scope = {}
    for name, tap in outputs.items():
        *path, last = name.split(".")
        here = parts
        for step in path:
            here = here.setdefault(step, Tap(())).parts
        here[last] = tap
    return parts


def _carried(before: Scope, last: Tap, scope: Scope) -> Tap:
    if len(last.flow) == len(before):
        parts = {name: Tap((x,)) for name, x in zip(before, last.flow, strict=True)}
    elif all(scope[name] is tap for name, tap in before.items()):
        raise RefusedError  # nothing is carried on
    else:
        parts = {name: scope[name] for name in before}
    return Tap(tuple(x for tap in parts.values() for x in tap.flow), parts)


def _rounds(repeat: Data, frame: Frame, flow: tuple[Tensor, ...]) -> list[Values]:
    if isinstance(repeat, list):
        rows = cast("list[Item]", repeat)
        return [{name: frame.value(value, flow) for name, value in row.items()} for row in rows]
    if not isinstance(repeat, dict):
        return [{} for _ in range(frame.value(repeat, flow))]
    columns: dict[str, list[Data]] = {}
    for name, template in mapping(repeat).items():
        value = frame.value(template, flow)
        columns[name] = list(range(value)) if isinstance(value, int) else value
    if len({len(column) for column in columns.values()}) > 1:
        raise RefusedError
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _merged(kind: str, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    if len(shapes) < 2:
        raise RefusedError
    if kind == "concat":
        if len({shape[1:] for shape in shapes}) > 1:
            raise RefusedError
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])
    sizes = [{size for size in axis if size != 1} for axis in zip(*shapes, strict=True)]
    if any(len(axis) > 1 for axis in sizes):
        raise RefusedError
    return tuple(max(axis, default=1) for axis in sizes)


def _through(kind: str, fields: Values, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    if len(shapes) != 1:
        raise RefusedError
    if kind != "conv":
        return shapes[0]
    stride = fields.get("stride", 1)  # the kernel is 1 and there is no padding: every stride-th position
    return (fields["out_channels"], *((size - 1) // stride + 1 for size in shapes[0][1:]))
