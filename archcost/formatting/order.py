"""The order of keys: of a spec's sections, of a block's, and of what stands beside an item's kind.

Fields, parameters, variables, variants, branches and blocks keep the author's order; for some it has a
meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.formatting.tree import Collection
from archcost.spec.keywords import META, SPEC_KEYS, STRUCTURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.formatting.tree import Node

_ORDERS = {
    "spec": SPEC_KEYS,
    "block": ("note", "inputs", "params", "require", "outputs", "body"),
    "branch": ("when", "note", "body"),
}
_META_ORDER = ("name", "note", "from", "when", "share", "weights", "push", "expect")
_KIND_ORDER = (
    *("repeat", "branches", "residual", "shortcut"),
    *("carry", "merge", "collect", "dense", "body"),
)
_WITHIN = {
    ("spec", "layers"): "items",
    ("spec", "blocks"): "blocks",
    ("block", "body"): "items",
    ("branch", "body"): "items",
    ("item", "body"): "items",
    ("item", "residual"): "items",
    ("item", "shortcut"): "branch",
    ("item", "branches"): "branches",
}


def root_role(keys: Sequence[str]) -> str:
    """What a file's outermost mapping is: a `spec` (or a file of blocks), or nothing with an order."""
    return "spec" if "archcost" in keys else ""


def role_within(role: str, key: str | None) -> str:
    """What a value is: below a key of something with a role, or (without a key) in a list with one.

    >>> role_within("spec", "layers"), role_within("items", None), role_within("item", "conv")
    ('items', 'item', '')
    """
    if key is None:
        return "item" if role in {"items", "branch"} else ""
    if role in {"blocks", "branches"}:
        return {"blocks": "block", "branches": "branch"}[role]
    return _WITHIN.get((role, key), "")


def arranged(keys: Sequence[str], role: str) -> list[int]:
    """The canonical order of a mapping's keys, as positions. Where a key is unknown, nothing moves.

    >>> arranged(["layers", "archcost", "name"], "spec")
    [1, 2, 0]
    >>> arranged(["expect", "when", "conv", "from", "name"], "item")
    [1, 2, 4, 3, 0]
    """
    if role == "item":
        return _item(keys)
    order = _ORDERS.get(role, ())
    if any(key not in order for key in keys):
        return list(range(len(keys)))
    return sorted(range(len(keys)), key=lambda n: order.index(keys[n]))


def _item(keys: Sequence[str]) -> list[int]:
    """What the author put behind the kind stays behind it: `name` is a heading there, or a label here."""
    own = [n for n, key in enumerate(keys) if key not in META]
    words = {keys[n] for n in own}
    structure = next((word for word in ("repeat", "branches", "residual", "body") if word in words), None)
    if not words <= set(STRUCTURES[structure]) if structure else len(own) != 1:
        return list(range(len(keys)))

    def rank(n: int) -> tuple[int, int]:
        key = keys[n]
        if n in own:
            return 1, _KIND_ORDER.index(key) if structure else 0
        behind = n > own[-1] and not (structure and key == "name")
        return 2 if behind or key == "expect" else 0, _META_ORDER.index(key)

    return sorted(range(len(keys)), key=rank)


def arrange_nodes(root: Collection) -> None:
    """Put the members of every mapping into their order. What stands above the first one stays on top."""
    stack: list[tuple[Node, str]] = [(root, root_role(_keys(root)))]
    while stack:
        node, role = stack.pop()
        if not isinstance(node, Collection):
            continue
        if node.mapping and role:
            _arrange(node, role)
        for member in node.members:
            key = member.key
            stack.append((member.value, role_within(role, _word(key.text) if key else None)))


def _arrange(group: Collection, role: str) -> None:
    order = arranged(_keys(group), role)
    if order == sorted(order):
        return
    header, group.members[0].lead = group.members[0].lead, []
    group.members = [group.members[n] for n in order]
    group.members[0].lead[:0] = header


def _keys(group: Collection) -> list[str]:
    return [_word(member.key.text) for member in group.members if member.key]


def _word(text: str) -> str:
    """A key without its quotes; no key that has an order needs escapes."""
    return text[1:-1] if text[:1] in {'"', "'"} else text
