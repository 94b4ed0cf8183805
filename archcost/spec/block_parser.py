"""Definitions of blocks: all are declared before one is read, for it may call any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost import layers
from archcost.spec.document import Block, BlockParameter, Requirement
from archcost.spec.keywords import BLOCK_KEYS, LIBRARY_KEYS, META, STRUCTURES
from archcost.spec.naming import Context, Names, Numbering, Readable
from archcost.spec.template import IN_NAMES, OF_BLOCK, describe
from archcost.spec.yaml_reader import KeyValue, MappingNode, ScalarNode, SequenceNode, is_empty

if TYPE_CHECKING:
    from archcost.spec.block_table import BlockTable
    from archcost.spec.checks import Checks
    from archcost.spec.item_parser import ItemParser
    from archcost.spec.template import Template
    from archcost.spec.yaml_reader import Tree

_TYPES = (None, "int", "float", "bool", "str", "number", "integer", "string", "list", "optional")
"""What a parameter is in other languages, and what it is if nothing is written."""


class BlockParser:
    """Parses blocks into a table."""

    def __init__(self, checks: Checks, blocks: BlockTable, items: ItemParser) -> None:
        self._checks = checks
        self._problems = checks.problems
        self._blocks = blocks
        self._items = items

    def blocks(self, own: Tree | None, included: list[MappingNode], variables: frozenset[str]) -> None:
        """The `blocks:` of a spec and, before them, those of the files it includes."""
        if isinstance(own, MappingNode):
            included = [*included, own]
        elif own is not None and not is_empty(own):
            self._checks.as_mapping(own, "blocks", "name: {params, body}")
            self._blocks.are_complete = False
        for mapping in included:
            self._declare(mapping)
        for mapping in included:
            self._define(mapping, variables)

    def library(self, root: MappingNode) -> dict[str, Block]:
        """The blocks of a file that has nothing else: a standard block and its helpers."""
        root = self._checks.check_keys(root, LIBRARY_KEYS, required=("blocks",), what="a file of blocks")
        if (node := root.get("blocks")) is not None and (mapping := self._checks.as_mapping(node, "blocks")):
            self._declare(mapping, called_by_path=True)
            self._define(mapping, frozenset(), sees=False)
        self._blocks.check(self._problems)
        return self._blocks.own

    def _declare(self, mapping: MappingNode, *, called_by_path: bool = False) -> None:
        """Note the names. A standard block may have a kind's: `std/` tells them apart."""
        blocks = self._blocks
        for entry in mapping.entries:
            name = entry.key.text
            self._checks.check_name(entry.key, "block")
            is_kind = layers.find_item(name) is not None and not called_by_path
            if is_kind or name in STRUCTURES or name in META:
                taken = "key of items" if name in META else "kind"
                text = f"block '{name}' has the name of a {taken}; choose another, such as {name}_unit"
                self._problems.add(entry.key.place, text)
                blocks.misnamed.add(name)
            elif name in blocks.own:
                text = f"block '{name}' is already defined at {blocks.own[name].place}"
                self._problems.add(entry.key.place, text)
            else:
                blocks.own[name] = Block(name, entry.key.place)

    def _define(self, mapping: MappingNode, variables: frozenset[str], *, sees: bool = True) -> None:
        for entry in mapping.entries:
            block = self._blocks.own.get(entry.key.text)
            if block is not None and block.place == entry.key.place:
                block.sees_variables = sees
                self._block(block, entry.value, variables)

    def _block(self, block: Block, node: Tree, variables: frozenset[str]) -> None:
        what = f"block '{block.name}'"
        if isinstance(node, SequenceNode) and node.items:
            self._problems.add(node.place, f"{what} is a list; its items belong below `body:`")
            return
        if (mapping := self._checks.as_mapping(node, what, "params, body")) is None:
            return
        mapping = self._checks.check_keys(mapping, BLOCK_KEYS, ("body",), what)
        self._checks.text(mapping, "note")
        block.inputs = self._checks.name_list(mapping.get("inputs"), "inputs")
        if "input" in block.inputs and (inputs := mapping.get("inputs")):
            text = "'input' is all that arrives at a block; its parts need names of their own"
            self._problems.add(inputs.place, text)
        hidden = self._checks.hidden
        names = Names(None, ["input"], again=block.inputs, in_block=block.name, hidden=hidden)
        known = variables.union(IN_NAMES, [OF_BLOCK])
        known = self._parameters(block, mapping.get("params"), known, names)
        for key, value in self._checks.entries(
            mapping.get("require"), "require", "what it needs: $(condition)"
        ):
            block.requirements.append(
                Requirement(key.text, self._checks.condition(value, Readable(known, names), "require"))
            )
        if (body := mapping.get("body")) is not None:
            context = Context(known, names, Numbering(self._problems))
            block.items = self._items.items(body, context, "body", names)
        block.outputs = self._checks.outputs(mapping.get("outputs"), names)
        names.check_stacks(self._problems)

    def _parameters(
        self, block: Block, node: Tree | None, known: frozenset[str], inputs: Names
    ) -> frozenset[str]:
        """Read the parameters, whose defaults may ask for the sizes of the `inputs`; what the body knows."""
        entries = self._parameter_entries(node)
        names = frozenset(entry.key.text for entry in entries)
        visible, later = known | names, set(names - known)
        readable = Readable(visible, inputs)
        for key, value in entries:
            default = None
            if isinstance(value, ScalarNode) and value.value in _TYPES:
                found = describe(value.value)
                text = f"parameter '{key.text}' is {found}: it has a default, or is `required`"
                self._problems.add(value.place, text)
                default = self._checks.template(value, readable)
            elif not (isinstance(value, ScalarNode) and value.value == "required"):
                default = self._checks.value(value, readable, f"parameter '{key.text}'")
                self._check_order(default, later)
            self._checks.check_variable(key, "parameter")
            block.parameters[key.text] = BlockParameter(default, key.place)
            later.discard(key.text)
        return visible

    def _parameter_entries(self, node: Tree | None) -> list[KeyValue]:
        """A list is noted, and its words taken for parameters that are required."""
        if not isinstance(node, SequenceNode):
            return self._checks.entries(node, "params", "out: required, k: 1")
        self._problems.add(node.place, "params is a list; it must be a mapping (out: required, k: 1)")
        words = [one for one in node.items if isinstance(one, ScalarNode)]
        entries = [entry for one in node.items for entry in one.pairs()]
        return [*entries, *(KeyValue(word, word.meaning("required")) for word in words)]

    def _check_order(self, default: Template, later: set[str]) -> None:
        """A default is computed from the parameters before it."""
        for name in sorted(default.names & later):
            text = f"'{name}' is not known yet: a default is computed from the parameters before it"
            self._problems.add(default.place_of(name), text)
