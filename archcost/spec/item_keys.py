"""The keys any item may have beside its kind: `name`, `from`, `when`, `expect` and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.spec.document import Push
from archcost.spec.expectations import KEYS as EXPECT
from archcost.spec.expectations import expected
from archcost.spec.sharing import set_of_weights
from archcost.spec.template import shown
from archcost.spec.weights import written
from archcost.spec.yaml_reader import MappingNode, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.source import Place
    from archcost.spec.checks import Checks
    from archcost.spec.document import Item, Ref
    from archcost.spec.naming import Context
    from archcost.spec.template import Template
    from archcost.spec.yaml_reader import Tree


class ItemKeys:
    """The meta keys of one item, read before the item itself is made and put into it afterwards."""

    def __init__(
        self, checks: Checks, node: MappingNode, context: Context, misplaced: list[Tree] | None = None
    ) -> None:
        self._checks = checks
        self._context = context
        self.misplaced = misplaced or []
        """Items beside a repeat that belong into its body (which was noted)."""
        self.name: str | None = None
        self.segment: str | None = None
        self._read_as: str | None = None
        """What others read it by, though it may be no name (which was noted)."""
        self._name_place = node.place
        if (name := node.get("name")) is not None:
            self._read_name(name)
        self._reads: tuple[Ref, ...] | None = None
        if (reads := node.get("from")) is not None:
            self._reads = checks.reads(reads, context.names)
        when = node.get("when")
        self._when = None if when is None else checks.when(when, context.readable)
        share = node.get("share")
        self._share = None if share is None else self._share_of(share)
        self._push = None
        if (push := node.get("push")) is not None:
            stack = self._word(push, "push")
            self._push = Push(stack, push.place) if stack else None
            context.names.pushed.add(stack)
        self._expect = dict(self._expectations(node.get("expect")))
        checks.text(node, "note")
        self._weights = written(node.get("weights"), checks, context.readable)

    def _read_name(self, node: Tree) -> None:
        self._name_place = node.place
        self._read_as = node.text if isinstance(node, ScalarNode) else None
        self.name = self._word(node, "name")
        if self.name is not None:
            self.segment = self._context.numbering.name(self.name, node.place)

    def _word(self, node: Tree | None, what: str) -> str | None:
        if isinstance(node, ScalarNode):
            return node.text if self._checks.check_name(node, what) else None
        if node is not None:
            self._checks.problems.add(node.place, f"{what} is {shown(node)}; it must be a word")
        return None

    def _share_of(self, node: Tree) -> Template:
        """The name of a set of weights; one that is computed is judged once its value is known."""
        template = self._checks.template(node, self._context.readable)
        if not template.waits:
            self._checks.problems.attempt(set_of_weights, template, {})
        return template

    def _expectations(self, node: Tree | None) -> Iterator[tuple[str, tuple[Template, Place]]]:
        checks = self._checks
        mapping = None if node is None else checks.as_mapping(node, "expect", "shape: [64, 56, 56]")
        if mapping is None:
            return
        known = "; it knows " + ", ".join(EXPECT)
        for key, value in checks.mend(mapping, EXPECT, " in expect", known).entries:
            template = checks.template(value, self._context.readable)
            if not template.waits:
                checks.problems.attempt(expected, key.text, template, {})
            yield key.text, (template, value.place)

    def finish(self, item: Item) -> Item:
        """Put the meta keys into the item, and let its name be read from here on."""
        item.name = self.name
        item.segment = self.segment or item.segment
        item.reads, item.when, item.share, item.expect = self._reads, self._when, self._share, self._expect
        item.weights, item.push = self._weights, self._push
        self.declare()
        return item

    def declare(self) -> None:
        """Let the item's name be read from here on."""
        if self._read_as is None:
            return
        why = self._context.names.add(self._read_as, self._name_place)
        if self.name is None:
            return
        if why:
            self._checks.problems.add(self._name_place, why)
        why_not = f"the one on line {self._name_place.line} is visible only in its own list of items"
        self._context.names.hidden.setdefault(self.name, why_not)
