"""Random specs, and random edits of them, as plain data."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING, Any

import yaml

import archcost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archcost.network import Network

Item = Any
"""An item as YAML has it."""
Spec = dict[str, Item]


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - nothing here is secret


class Sketch:
    """A spec whose items keep the size of what arrives, but for a convolution now and then."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = 0
        layers = self.sequence(2, random.randint(1, 6))
        self.spec: Spec = {
            "archcost": 1,
            "name": "sketch",
            "vars": {"width": 4, "rounds": 2},
            "input": [4, 12, 12],
            "layers": layers,
        }

    def sequence(self, depth: int, items: int) -> list[Item]:
        return [self.item(depth) for _ in range(items)]

    def item(self, depth: int) -> Item:
        if depth and self.random.random() < 0.4:
            return self.structure(depth - 1)
        return self.layer()

    def layer(self) -> Item:
        out = self.random.choice([4, 4, "$width", "$in_channels", 6])
        size = self.random.choice([1, 3])
        return self.random.choice(
            [
                "relu",
                "relu",
                "batch_norm",
                "gelu",
                {"conv": {"out_channels": out, "kernel_size": size, "padding": size // 2}},
                {"conv": {"out_channels": out, "kernel_size": size, "padding": size // 2}},
                {"depthwise_conv": {"kernel_size": 3, "padding": 1}},
                {"max_pool": {"kernel_size": 3, "stride": 1, "padding": 1}},
            ]
        )

    def structure(self, depth: int) -> Item:
        body = self.sequence(depth, self.random.randint(1, 3))
        name = {"name": self.name()} if self.random.random() < 0.5 else {}
        return self.random.choice(
            [
                name | {"residual": body},
                name | {"body": body},
                {"name": self.name(), "repeat": self.random.choice([2, 3, "$rounds"]), "body": body},
                name | {"branches": {"a": body, "b": self.sequence(depth, 2)}, "merge": "concat"},
            ]
        )

    def name(self) -> str:
        self.names += 1
        return f"part-{self.names}"


class Edits:
    """Changes to a spec, each of which may make it wrong."""

    def __init__(self, random: Random, spec: Spec) -> None:
        self.random = random
        self.spec = deepcopy(spec)

    def sequences(self) -> list[list[Item]]:
        return list(_sequences(self.spec["layers"]))

    def apply(self, times: int) -> Spec:
        edits = [self.insert, self.delete, self.change, self.rename, self.swap]
        edits += [self.wrap, self.count, self.resize, self.set]
        for _ in range(times):
            self.random.choice(edits)()
        return self.spec

    def place(self) -> tuple[list[Item], int]:
        """Some item, as its sequence and its position."""
        found = [(items, i) for items in self.sequences() for i in range(len(items))]
        return self.random.choice(found or [(self.spec["layers"], 0)])

    def insert(self) -> None:
        items = self.random.choice(self.sequences())
        items.insert(self.random.randint(0, len(items)), Sketch(self.random).layer())

    def delete(self) -> None:
        items, i = self.place()
        del items[i : i + 1]

    def change(self) -> None:
        items, i = self.place()
        if i < len(items) and isinstance(items[i], dict) and "conv" in items[i]:
            key, value = self.random.choice(
                [("kernel_size", 1), ("out_channels", 5), ("padding", 2), ("dilation", 2)]
            )
            items[i]["conv"][key] = value

    def rename(self) -> None:
        items, i = self.place()
        if i < len(items):
            item = items[i] if isinstance(items[i], dict) else {items[i]: None}
            items[i] = item | {"name": f"other-{self.random.randrange(1000)}"}

    def swap(self) -> None:
        items, i = self.place()
        if i + 1 < len(items):
            items[i], items[i + 1] = items[i + 1], items[i]

    def wrap(self) -> None:
        items, i = self.place()
        items[i : i + 2] = [{"name": f"group-{self.random.randrange(1000)}", "body": items[i : i + 2]}]

    def count(self) -> None:
        items, i = self.place()
        if i < len(items) and isinstance(items[i], dict) and "repeat" in items[i]:
            items[i]["repeat"] = self.random.choice([1, 3, 4])

    def resize(self) -> None:
        self.spec["input"] = self.random.choice([[4, 13, 13], [4, 12, 16], [5, 12, 12]])

    def set(self) -> None:
        self.spec["vars"] = {"width": self.random.choice([4, 8]), "rounds": self.random.choice([1, 2, 3])}


def _sequences(items: list[Item]) -> Iterator[list[Item]]:
    yield items
    for item in items:
        for inner in _inside(item) if isinstance(item, dict) else ():
            yield from _sequences(inner)


def _inside(item: Item) -> Iterator[list[Item]]:
    yield from (item[key] for key in ("body", "residual") if key in item)
    yield from item.get("branches", {}).values()


def load(folder: Path, spec: Spec, name: str = "net.yaml") -> Network:
    path = folder / name
    path.write_text(yaml.safe_dump(spec, sort_keys=False), "utf-8")
    return archcost.load(path)
