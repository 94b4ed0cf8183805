"""A writer of random specs in every structure of the language. Not all fit: a merge may get two sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.language_oracle import mapping

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.language_oracle import Item

    Write = Callable[[int, list[list[str]]], Item]

CONDITIONS = ("$flag", "$(not flag)", "$(in_channels == 4)", "$(v > 2)", "$(in_height > 4)", True, False)
CHANNELS = (1, 3, 4, 4, "$v", "$(v+1)", "$in_channels", "$(2*in_channels)")

PATTERNS = (
    *(
        "c h w -> c w h",
        "c h w->h c w",
        "(a c) h w -> (c a) h w",
        "c (h a) w -> (c a) h w",
        "c h w -> c (h w) 1",
    ),
    *("(c a) h w -> c (h a) w", "c (h a) w -> c (a h) w", "c h 1 -> h c 1", "c h (w a) -> c (h a) w"),
)


class Writer:
    """Writes one random spec. A scope is the list of what can be read there: names, and parts of them."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.blocks: dict[str, Item] = {}
        self.names = 0
        self.pushed: list[str] = []
        """The stacks of this body."""
        self.layers: list[Write] = [self.conv, self.relu, self.conv, self.split, self.rearrange]

    def spec(self) -> Item:
        one = self.random.random() < 0.8
        shapes: Any = [4, 8, 8] if one else {"left": [4, 8, 8], "right": [4, 8, 8]}
        for i in range(self.random.randrange(3)):
            self.blocks[f"block_{i}"] = self.block()
        scope = ["input"] if one else ["left", "right", "input"]
        layers = self.sequence(3, [scope], self.random.randint(1, 6), first=scope[0])
        values = {"v": self.random.randint(1, 4), "flag": self.chance(0.5), "list": [2, 1, 3][: self.small()]}
        head: Item = {"archcost": 1, "name": "random", "vars": values, "input": shapes}
        return head | {"blocks": self.blocks, "layers": layers}

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    def small(self) -> int:
        return self.random.randrange(4)

    def name(self) -> str:
        self.names += 1
        return f"{self.random.choice('abc')}-{self.names}"

    def block(self) -> Item:
        inputs = self.chance(0.3)
        scope = ["input", *(["high", "low"] if inputs else [])]
        block: Item = {"params": {"c": self.random.choice([4, "$v"])}}
        if not inputs:
            block["params"] |= {"d": self.random.choice(["$(c+in_channels)", "$c", 2])}
        else:
            block["params"] |= {"d": self.random.choice(["$(in_channels(high)+c)", "$(in_height(low))"])}
        block["body"] = self.sequence(
            2, [scope], self.random.randint(1, 3), again=("high", "low") if inputs else (), first=scope[-1]
        )
        if inputs:
            block["inputs"] = ["high", "low"]
        if self.chance(0.4):
            own = [name for name in scope if name != "input"]
            block |= {"outputs": own[-self.random.randint(1, 2) :]} if own else {}
        self.pushed = []
        return block

    def sequence(
        self,
        depth: int,
        scopes: list[list[str]],
        n: int,
        *,
        again: tuple[str, ...] = (),
        first: str | None = None,
    ) -> list[Item]:
        items = [self.item(depth, scopes, again) for _ in range(n)]
        if first and "from" not in items[0]:
            items[0]["from"] = first
        return items

    def item(self, depth: int, scopes: list[list[str]], again: tuple[str, ...]) -> Item:
        simple = [*self.layers, self.merge, *([self.call] if self.blocks else [])]
        nested = [self.body, self.branches, self.residual, self.repeat, self.repeat] if depth else []
        item = self.random.choice([*simple, *nested])(depth - 1, scopes)
        if "from" not in item and self.chance(0.2):
            item["from"] = self.origin(scopes)
        if self.chance(0.2):
            item["when"] = self.condition(scopes)
        if self.chance(0.1):
            item["push"] = self.random.choice(["skips", "others"])
            self.pushed.append(item["push"])
        if self.chance(0.4):
            renewed = again and self.chance(0.5)
            item["name"] = self.random.choice(again) if renewed else self.name()
            scopes[-1].extend(name for name in self.readable(item) if name not in scopes[-1])
        return item

    def readable(self, item: Item) -> list[str]:
        """What can be read of a named item."""
        name = item["name"]
        outputs = [part for key in item if key in self.blocks for part in self.blocks[key].get("outputs", ())]
        parts = [f"{name}.{part}" for part in (*outputs, *item.get("carry", ()), *_parts(item.get("split")))]
        return [name, *parts, *([f"{name}.0"] if "repeat" in item and self.chance(0.5) else [])]

    def read(self, scopes: list[list[str]]) -> str:
        return self.random.choice([name for scope in scopes for name in scope])

    def origin(self, scopes: list[list[str]]) -> str:
        """What may stand under `from`."""
        if self.pushed and self.chance(0.2):
            return f"{self.random.choice(('pop', 'pop', 'all'))}({self.random.choice(self.pushed)})"
        return "previous" if self.chance(0.1) else self.read(scopes)

    def condition(self, scopes: list[list[str]]) -> object:
        if self.chance(0.2):
            return f"$(in_{self.random.choice(['channels', 'height'])}({self.read(scopes)}) > 3)"
        return self.random.choice(CONDITIONS)

    def inner(self, depth: int, scopes: list[list[str]]) -> list[Item]:
        return self.sequence(depth, [*scopes, []], self.random.randrange(3))

    def branch(self, depth: int, scopes: list[list[str]]) -> list[Item] | Item:
        items = self.inner(depth, scopes)
        return {"when": self.condition(scopes), "body": items} if self.chance(0.3) else items

    def conv(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        stride = {"stride": 2} if self.chance(0.1) else {}
        channels = self.random.choice((*CHANNELS, f"$(in_channels({self.read(scopes)}))"))
        return {"conv": {"out_channels": channels, "kernel_size": 1} | stride}

    def relu(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        return {"relu": None}

    def split(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        parts: list[Item] = [
            {"parts": self.random.choice([1, 2, "$v", ["p", "q"]])},
            {"sizes": self.random.choice([[1, -1], ["$v", -1], {"p": 1, "q": -1}, [2, 2], {"p": 2, "q": 2}])},
        ]
        axis = {"axis": self.random.choice([0, 1, 2])} if self.chance(0.4) else {}
        return {"split": self.random.choice(parts) | axis}

    def rearrange(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        pattern = self.random.choice(PATTERNS)
        sizes = {"sizes": {"a": self.random.choice([1, 2, 2, "$v"])}} if "a" in pattern else {}
        return {"rearrange": {"pattern": pattern} | sizes}

    def merge(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        return {
            self.random.choice(["add", "max", "concat", "concat"]): None,
            "from": [self.origin(scopes) for _ in "ab"],
        }

    def call(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        name = self.random.choice(sorted(self.blocks))
        given = {"c": self.random.choice([1, 4, "$(v+2)"])} if self.chance(0.5) else None
        several = {"from": [self.origin(scopes) for _ in "ab"]} if "inputs" in self.blocks[name] else {}
        return {name: given} | several

    def body(self, depth: int, scopes: list[list[str]]) -> Item:
        return {"body": self.inner(depth, scopes)}

    def branches(self, depth: int, scopes: list[list[str]]) -> Item:
        names = ["one", "2nd", "three"][: self.random.randint(1, 3)]
        branches = {name: self.branch(depth, scopes) for name in names}
        return {"branches": branches, "merge": self.random.choice(["concat", "concat", "add", "multiply"])}

    def residual(self, depth: int, scopes: list[list[str]]) -> Item:
        item: Item = {"residual": self.inner(depth, scopes)}
        if self.chance(0.5):
            item["shortcut"] = self.branch(depth, scopes)
        return item | ({"merge": "concat"} if self.chance(0.5) else {})

    def repeat(self, depth: int, scopes: list[list[str]]) -> Item:
        i, j = f"i{depth}", f"j{depth}"
        n = self.small()
        item: Item = {
            "repeat": self.random.choice(
                [n, "$v", {i: n}, {i: "$list"}, {i: n, j: [5, 2, 4][:n]}, [{i: 1, j: "$v"}, {i: 2, j: 3}][:n]]
            )
        }
        mode = self.random.choice(["carry", "merge", "collect", "dense", ""])
        if mode == "carry":
            carry = [f"x{depth}", f"y{depth}"][: self.random.randint(1, 2)]
            body = self.sequence(depth, [*scopes, [*carry]], 2, again=tuple(carry), first=carry[0])
            return item | {"carry": carry, "from": [self.read(scopes) for _ in carry], "body": body}
        join = {mode: self.random.choice(["concat", "concat", "add"])} if mode else {}
        item |= join | {"body": self.inner(depth, scopes)}
        if mapping(item["repeat"]).keys() & {j} and self.chance(0.5):
            item["body"].append({"conv": {"out_channels": f"${j}", "kernel_size": 1}})
        return item


def _parts(split: Item | None) -> list[str]:
    """The names of the parts of a split; of so many equal ones, the first is there whatever they are."""
    given = mapping(split).get("parts", mapping(split).get("sizes"))
    names = ["p", "q"] if given == ["p", "q"] else list(mapping(given))
    return names or ["0"] * (split is not None)
