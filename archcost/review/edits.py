"""What the author changed between two networks: the causes that are found in their texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from archcost.review.source_items import ARRIVING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from archcost.network import Input, Node
    from archcost.results.difference import CauseKind
    from archcost.review.matching import Matching
    from archcost.review.source_items import SourceItem, VariableNames

CauseSet: TypeAlias = "frozenset[Cause]"

NO_CAUSES: CauseSet = frozenset()
NO_NAMES: VariableNames = frozenset()

MOST_TOGETHER = 6
"""Causes of one difference that are told apart; beyond, all of them together are one cause."""


@dataclass(slots=True, eq=False)
class Cause:
    """Something that was changed.

    Attributes:
        kind: `item` of the spec, `variable`, `input`, a `node` if no text tells more, or `many` of them.
        name: of the variable or input.
        base: the item as it was, or the node or input; None if it was not there.
        head: likewise, as it is.
    """

    kind: CauseKind
    name: str = ""
    base: SourceItem | Node | Input | None = None
    head: SourceItem | Node | Input | None = None

    def turn(self) -> None:
        """Make it what it is from head to base."""
        self.base, self.head = self.head, self.base


MANY = Cause("many")
"""More causes together than are told apart."""


def union(several: Iterable[CauseSet]) -> CauseSet:
    """All of them; beyond a few, `MANY` instead."""
    found = NO_CAUSES.union(*several)
    return frozenset({MANY}) if len(found) > MOST_TOGETHER or MANY in found else found


class Edits:
    """The edits of the texts of two matched networks. Whatever one caused has the same cause."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._base = matching.base_text
        self._head = matching.head_text
        self._known: dict[Hashable, Cause] = {}
        before, after = matching.base.variables, matching.head.variables
        self._changed = frozenset(name for name in before if name in after and before[name] != after[name])

    @property
    def causes(self) -> list[Cause]:
        """Every cause so far."""
        return [*self._known.values(), MANY]

    def input(self, tensor: Node | Input, other: Node | Input | None) -> CauseSet:
        """Of another shape of an input: the variables it is computed from, else the input itself."""
        if variables := self._variables(self._base.inputs | self._head.inputs):
            return variables
        is_base = tensor in self._matching.base.inputs
        base, head = (tensor, other) if is_base else (other, tensor)
        return self._cause((tensor,), "input", base, head, tensor.path)

    def changed(self, b: Node, h: Node, *, is_rewired: bool, ripples: bool) -> CauseSet:
        """Of a node with other fields or inputs: its text, if that is another, and the variables in it.

        None, if its fields can only come from what arrives (`$(in_channels // 4)`), and that has changed.
        """
        found = self._edited(b, h)
        names = self._base.behind(b) | self._head.behind(h) if b.layer != h.layer else NO_NAMES
        before, after = self._chains(b, h)
        if is_rewired or (not found and [x.text for x in before] != [y.text for y in after]):
            names |= self._base.deciding(b) | self._head.deciding(h)
        found = union((found, self._variables(names)))
        if found or (ripples and not is_rewired):
            return found
        own = (before[0], after[0]) if before and after else (b, h)
        return self._cause(own, "node", *own)

    def lone(self, node: Node, arriving: CauseSet, *, is_new: bool) -> CauseSet:
        """Of a node without a partner: the text that is new or gone, or the condition that turned.

        If nothing is left of all that stands in a group, a branch or a called block, that is gone as a whole.
        """
        here = self._head if is_new else self._base
        chain = here.chain(node)
        whole = [item for item in chain if item not in self._kept]
        names = here.deciding(node)
        if found := self._come_or_gone(chain, whole, is_new=is_new) or self._variables(names):
            return found
        if arriving and names & ARRIVING:
            return arriving
        if whole:
            return self._single(whole, is_new=is_new)
        own = chain[0] if chain else node
        return self._cause((own, is_new), "node", *((None, own) if is_new else (own, None)))

    def _come_or_gone(
        self, chain: Iterable[SourceItem], whole: list[SourceItem], *, is_new: bool
    ) -> CauseSet:
        """The item that only one text has, or that says something else; no cause, if none has changed."""
        here, there = (self._head, self._base) if is_new else (self._base, self._head)
        if any(here.texts[item.text] > there.texts[item.text] for item in whole):
            return self._single(whole, is_new=is_new)
        for item in chain:
            other = self._partners[is_new].get(item)
            if other is None:
                if here.texts[item.text] > there.texts[item.text]:
                    return self._single([item], is_new=is_new)
                continue
            sides = (other, item) if is_new else (item, other)
            if self._is_edited(*sides):
                return self._cause(sides, "item", *sides)
        return NO_CAUSES

    def _single(self, items: list[SourceItem], *, is_new: bool) -> CauseSet:
        """The outermost of some items, each in the next, that are new or gone."""
        item = items[-1]
        is_group = len(items) > 1 and items[-2].parent is item
        # Of several that say the same, nobody can tell which one is new.
        key = (item, is_new) if is_group else (item.text, item.parent, is_new)
        return self._cause(key, "item", *((None, item) if is_new else (item, None)))

    def _edited(self, b: Node, h: Node) -> CauseSet:
        """The innermost item around a node that says something else."""
        items = _together(*self._chains(b, h))
        edited = (sides for sides in items if self._is_edited(*sides))
        return next((self._cause(sides, "item", *sides) for sides in edited), NO_CAUSES)

    def _is_edited(self, base: SourceItem, head: SourceItem) -> bool:
        """Whether the one text was made the other: if both specs have both, another item was chosen."""
        before, after = self._base.texts, self._head.texts
        return base.text != head.text and (
            before[base.text] > after[base.text] or before[head.text] < after[head.text]
        )

    @cached_property
    def _kept(self) -> set[SourceItem]:
        """The items of both texts from which a node comes that both sides have."""
        chains = {id(chain): chain for b, h in self._matching.pairs for chain in self._chains(b, h)}
        return {item for chain in chains.values() for item in chain}

    def _chains(self, b: Node, h: Node) -> tuple[tuple[SourceItem, ...], tuple[SourceItem, ...]]:
        return self._base.chain(b), self._head.chain(h)

    @cached_property
    def _partners(self) -> tuple[dict[SourceItem, SourceItem], dict[SourceItem, SourceItem]]:
        """Which item of one text is which of the other, by the nodes that come from both, for both sides."""
        from_base: dict[SourceItem, SourceItem] = {}
        from_head: dict[SourceItem, SourceItem] = {}
        seen: set[tuple[int, int]] = set()
        for b, h in self._matching.pairs:
            before, after = self._chains(b, h)
            if (id(before), id(after)) in seen:
                continue
            seen.add((id(before), id(after)))
            for x, y in _together(before, after):
                from_base.setdefault(x, y)
                from_head.setdefault(y, x)
        return from_base, from_head

    def _variables(self, names: VariableNames) -> CauseSet:
        """The variables behind some names that have other values, not counting those computed from others."""
        found: set[str] = set()
        waiting = list(names & self._changed)
        for name in waiting:
            computed = self._base.variables.get(name, NO_NAMES) | self._head.variables.get(name, NO_NAMES)
            deeper = computed & self._changed - {name}
            waiting += deeper - set(waiting)
            if not deeper:
                found.add(name)
        return union(self._cause((name,), "variable", None, None, name) for name in sorted(found))

    def _cause(
        self,
        key: tuple[Hashable, ...],
        kind: CauseKind,
        base: SourceItem | Node | Input | None,
        head: SourceItem | Node | Input | None,
        name: str = "",
    ) -> CauseSet:
        """The one cause of that key."""
        if (kind, *key) not in self._known:
            self._known[kind, *key] = Cause(kind, name, base, head)
        return frozenset({self._known[kind, *key]})


def _together(
    base: tuple[SourceItem, ...], head: tuple[SourceItem, ...]
) -> list[tuple[SourceItem, SourceItem]]:
    """The items around a node on both sides, the innermost first; just that if there are more around one."""
    alike = len(base) == len(head)
    return list(zip(base, head, strict=True)) if alike else list(zip(base[:1], head[:1], strict=False))
