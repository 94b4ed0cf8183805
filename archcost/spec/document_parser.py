"""From data with places to a document: what stands where, under which names, and everything wrong with that.

Nothing is expanded here, so blocks that are never used are checked as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.spec.document import Spec
from archcost.spec.inputs import INPUT_FORM, input_shape
from archcost.spec.keywords import SPEC_KEYS
from archcost.spec.naming import Context, Names, Numbering
from archcost.spec.template import ANY, IN_NAMES
from archcost.spec.yaml_reader import KeyValue, MappingNode, ScalarNode, SequenceNode, is_empty
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from archcost.source import Place
    from archcost.spec.block_parser import BlockParser
    from archcost.spec.block_table import BlockTable
    from archcost.spec.checks import Checks
    from archcost.spec.document import Included, Item
    from archcost.spec.item_parser import ItemParser
    from archcost.spec.template import Template
    from archcost.spec.yaml_reader import Tree

_OF_A_SHAPE = {
    *("shape", "size", "sizes", "dim", "dims", "dimensions", "resolution", "input_shape", "input_size"),
    *("dtype", "type", "layout", "format"),
}
"""What other tools say of an input, where a spec has names of inputs."""

_VARIANT = r"[A-Za-z0-9_.-]+"


class DocumentParser:
    """Parses one spec; mistakes go to the problems of `checks`."""

    def __init__(self, checks: Checks, table: BlockTable, items: ItemParser, blocks: BlockParser) -> None:
        self._checks = checks
        self._problems = checks.problems
        self._table = table
        self._items = items
        self._blocks = blocks

    def spec(self, root: MappingNode, included: list[MappingNode], files: list[Included]) -> Spec:
        """The whole spec. `included` are the `blocks:` mappings of the `files` it includes."""
        root = self._checks.check_keys(root, SPEC_KEYS, ("archcost", "name", "input", "layers"), "a spec")
        variables, places, names = self._variables(root.get("vars"))
        variants = self._variants(root.get("variants"), names)
        self._blocks.blocks(root.get("blocks"), included, names)
        inputs = self._inputs(root.get("input"), names)
        taps = Names(None, ["input", *inputs], hidden=self._checks.hidden)
        context = Context(names.union(IN_NAMES), taps, Numbering(self._problems))
        layers = self._layers(root.get("layers"), context, taps)
        self._table.check(self._problems)
        self._checks.text(root, "note")
        outputs = self._checks.outputs(root.get("outputs"), taps)
        taps.check_stacks(self._problems)
        name, blocks = self._checks.text(root, "name"), self._table.own
        return Spec(name, root.place, inputs, layers, outputs, variables, variants, places, blocks, files)

    def _layers(self, node: Tree | None, context: Context, taps: Names) -> list[Item]:
        if node is None:
            return []
        if isinstance(node, SequenceNode) and not node.items:
            self._problems.add(node.place, "layers is an empty list; a network has at least one item")
        return self._items.items(node, context, "layers", taps)

    def _variables(self, node: Tree | None) -> tuple[dict[str, Template], dict[str, Place], frozenset[str]]:
        """The variables, where each is named, and every name that an expression may take for one."""
        entries = self._checks.entries(node, "vars", "width: 32")
        places = {entry.key.text: entry.key.place for entry in entries}
        names = frozenset(places)
        if isinstance(node, ScalarNode | SequenceNode) and not is_empty(node):
            names = frozenset({ANY})
        variables: dict[str, Template] = {}
        for key, value in entries:
            self._checks.check_variable(key, "variable")
            variables[key.text] = self._checks.value(value, names, f"variable '{key.text}'")
        return variables, places, names

    def _variants(self, node: Tree | None, names: frozenset[str]) -> dict[str, dict[str, Template]]:
        variants: dict[str, dict[str, Template]] = {}
        for key, value in self._checks.entries(node, "variants", "thin: {width: 16}"):
            if not re.fullmatch(_VARIANT, key.text):
                text = f"variant '{key.text}' must be letters a-z, digits, _, - and ."
                self._problems.add(key.place, text)
            what = f"variant '{key.text}'"
            overrides = self._checks.entries(value, what, "width: 16")
            variants[key.text] = {one.key.text: self._override(one, what, names) for one in overrides}
        return variants

    def _override(self, entry: KeyValue, variant: str, names: frozenset[str]) -> Template:
        name = entry.key.text
        if name not in names and ANY not in names:
            known = sorted(names)
            has = f"; vars has {', '.join(known)}" if 0 < len(known) <= 8 else ""
            text = f"{variant} sets '{name}', which is not in vars{suggest(name, known) or has}"
            self._problems.add(entry.key.place, text)
        return self._checks.value(entry.value, names, f"{variant}: {name}")

    def _inputs(self, node: Tree | None, names: frozenset[str]) -> dict[str, Template]:
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            return {"input": self._input(node, names, "input")}
        values = [entry.value.text for entry in node.entries if isinstance(entry.value, ScalarNode)]
        if len(values) == len(node.entries) > 1:
            text = f"input names its sizes; write them as a list, channels first: [{', '.join(values)}]"
            self._problems.add(node.place, text)
            return {"input": self._input(node, names, "input")}
        if node.entries and all(entry.key.text.lower() in _OF_A_SHAPE for entry in node.entries):
            given = next((e.value for e in node.entries if isinstance(e.value, SequenceNode)), None)
            sizes = [one.text for one in given.items if isinstance(one, ScalarNode)] if given else []
            text = f"`input: {{{node.entries[0].key.text}: …}}` names an input; of one without a name write"
            self._problems.add(node.place, f"{text} the shape alone: `input: [{', '.join(sizes) or '…'}]`")
            return {"input": self._input(given, names, "input")} if given else {}
        for entry in node.entries:
            self._checks.check_name(entry.key, "input")
        if not node.entries:
            self._problems.add(node.place, f"input is an empty mapping; it must be {INPUT_FORM}")
        return {key.text: self._input(one, names, f"input '{key.text}'") for key, one in node.entries}

    def _input(self, node: Tree, names: frozenset[str], what: str) -> Template:
        template = self._checks.template(node, names)
        if not template.waits:
            self._problems.attempt(input_shape, template, {}, what, self._checks.limits)
        return template
