"""From data with places to a document: what stands where, under which names, and everything wrong with that.

Nothing is expanded here, so blocks that are never used are checked as well.
"""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from archcost import layers
from archcost.spec.checks import META, listed
from archcost.spec.document import Block, BlockParameter, Document
from archcost.spec.inputs import INPUT_FORM, input_shape
from archcost.spec.item_parser import ItemParser
from archcost.spec.misplaced import STRUCTURES
from archcost.spec.naming import Around, Names, Numbering
from archcost.spec.template import ANY, IN_NAMES, OF_BLOCK, describe
from archcost.spec.yaml_reader import KeyValue, MappingNode, ScalarNode, SequenceNode
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.source import Place
    from archcost.spec.document import Included, Item, Ref
    from archcost.spec.template import Template
    from archcost.spec.yaml_reader import Tree

LIBRARY_KEYS = ("archcost", "name", "note", "include", "blocks")
"""What a file that is included may hold."""

BLOCK_KEYS = ("params", "inputs", "outputs", "body", "note")

_OF_A_SHAPE = {
    *("shape", "size", "sizes", "dim", "dims", "dimensions", "resolution", "input_shape", "input_size"),
    *("dtype", "type", "layout", "format"),
}
"""What other tools say of an input, where a spec has names of inputs."""

_VARIANT = re.compile(r"[A-Za-z0-9_.-]+")

_TYPES = (None, "int", "float", "bool", "str", "number", "integer", "string", "list", "optional")
"""What a parameter is in other languages, and what it is if nothing is written."""

SPEC_KEYS = (
    "archcost",
    "name",
    "note",
    "vars",
    "variants",
    "include",
    "input",
    "blocks",
    "layers",
    "outputs",
)


class DocumentParser(ItemParser):
    """Parses one spec, or one file of blocks; mistakes go to `problems`."""

    def document(
        self, root: MappingNode, included: Iterable[MappingNode] = (), files: Iterable[Included] = ()
    ) -> Document:
        """The whole spec. `included` are the `blocks:` mappings of the `files` it includes."""
        root = self.check_keys(root, SPEC_KEYS, ("archcost", "name", "input", "layers"), "a spec")
        variables, names = self._variables(root.get("vars"))
        variants = self._variants(root.get("variants"), names)
        self._blocks(root.get("blocks"), list(included), names)
        inputs = self._inputs(root.get("input"), names)
        taps = Names(None, ["input", *inputs])
        around = Around(names.union(IN_NAMES), taps, Numbering(self.problems))
        items = self._layers(root.get("layers"), around, taps)
        self._check_calls()
        self.text(root, "note")
        return Document(
            name=self.text(root, "name"),
            place=root.place,
            inputs=inputs,
            layers=items,
            outputs=self._outputs(root.get("outputs"), taps, "outputs"),
            variables=variables,
            variants=variants,
            places=_places(root.get("vars")),
            blocks=self.blocks,
            included=list(files),
        )

    def _layers(self, node: Tree | None, around: Around, taps: Names) -> list[Item]:
        if node is None:
            return []
        if isinstance(node, SequenceNode) and not node.items:
            self.problems.add(node.place, "layers is an empty list; a network has at least one item")
        return self.items(node, around, "layers", taps)

    def _outputs(self, node: Tree | None, names: Names, what: str) -> tuple[Ref, ...]:
        """The taps that leave, each once."""
        if node is None:
            return ()
        refs = self.refs(node, names, what)
        seen: set[str] = set()
        for ref in refs:
            if ref.text in seen:
                self.problems.add(ref.place, f"{what} lists '{ref.text}' twice")
            seen.add(ref.text)
        return refs

    def _variables(self, node: Tree | None) -> tuple[dict[str, Template], frozenset[str]]:
        """The variables, and every name that an expression may take for one."""
        entries = self.entries(node, "vars", "width: 32")
        names = frozenset(entry.key.text for entry in entries)
        if isinstance(node, SequenceNode) or (isinstance(node, ScalarNode) and node.value is not None):
            names = frozenset({ANY})
        variables: dict[str, Template] = {}
        for key, value in entries:
            self.check_variable(key, "variable")
            variables[key.text] = self.value(value, names, f"variable '{key.text}'")
        return variables, names

    def _variants(self, node: Tree | None, names: frozenset[str]) -> dict[str, dict[str, Template]]:
        variants: dict[str, dict[str, Template]] = {}
        for key, value in self.entries(node, "variants", "thin: {width: 16}"):
            if not _VARIANT.fullmatch(key.text):
                text = f"variant '{key.text}' must be letters a-z, digits, _, - and ."
                self.problems.add(key.place, text)
            what = f"variant '{key.text}'"
            overrides = self.entries(value, what, "width: 16")
            variants[key.text] = {one.key.text: self._override(one, what, names) for one in overrides}
        return variants

    def _override(self, entry: KeyValue, variant: str, names: frozenset[str]) -> Template:
        name = entry.key.text
        if name not in names and ANY not in names:
            has = f"; vars has {', '.join(names)}" if 0 < len(names) <= 8 else ""
            text = f"{variant} sets '{name}', which is not in vars{suggest(name, names) or has}"
            self.problems.add(entry.key.place, text)
        return self.value(entry.value, names, f"{variant}: {name}")

    def _inputs(self, node: Tree | None, names: frozenset[str]) -> dict[str, Template]:
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            return {"input": self._input(node, names, "input")}
        if len(node.entries) > 1 and all(isinstance(e.value, ScalarNode) for e in node.entries):
            sizes = ", ".join(
                entry.value.text for entry in node.entries if isinstance(entry.value, ScalarNode)
            )
            text = f"input names its sizes; write them as a list, channels first: [{sizes}]"
            self.problems.add(node.place, text)
            return {"input": self._input(node, names, "input")}
        if node.entries and all(entry.key.text.lower() in _OF_A_SHAPE for entry in node.entries):
            given = next((e.value for e in node.entries if isinstance(e.value, SequenceNode)), None)
            sizes = [one.text for one in given.items if isinstance(one, ScalarNode)] if given else []
            text = f"`input: {{{node.entries[0].key.text}: …}}` names an input; of one without a name write"
            self.problems.add(node.place, f"{text} the shape alone: `input: [{', '.join(sizes) or '…'}]`")
            return {"input": self._input(given, names, "input")} if given else {}
        for entry in node.entries:
            self.check_name(entry.key, "input")
        if not node.entries:
            self.problems.add(node.place, f"input is an empty mapping; it must be {INPUT_FORM}")
        return {key.text: self._input(one, names, f"input '{key.text}'") for key, one in node.entries}

    def _input(self, node: Tree, names: frozenset[str], what: str) -> Template:
        template = self.template(node, names)
        if not template.waits:
            self.problems.attempt(input_shape, template, {}, what, self.limits)
        return template

    def _blocks(self, own: Tree | None, included: list[MappingNode], names: frozenset[str]) -> None:
        """Every block, those of other files first. All are declared before one is read: it may call any."""
        if isinstance(own, MappingNode):
            included = [*included, own]
        elif own is not None and not (isinstance(own, ScalarNode) and own.value is None):
            self.as_mapping(own, "blocks", "name: {params, body}")
            self.blocks_are_complete = False
        for mapping in included:
            self._declare_blocks(mapping)
        for mapping in included:
            self._define_blocks(mapping, names)

    def library(self, root: MappingNode) -> dict[str, Block]:
        """The blocks of a file that has nothing else: a standard block and its helpers."""
        root = self.check_keys(root, LIBRARY_KEYS, required=("blocks",), what="a file of blocks")
        if (node := root.get("blocks")) is not None and (mapping := self.as_mapping(node, "blocks")):
            self._declare_blocks(mapping, called_by_path=True)
            self._define_blocks(mapping, frozenset(), sees=False)
        self._check_calls()
        return self.blocks

    def _declare_blocks(self, mapping: MappingNode, *, called_by_path: bool = False) -> None:
        """Note the names. A standard block may have a kind's: `std/` tells them apart."""
        for entry in mapping.entries:
            name = entry.key.text
            self.check_name(entry.key, "block")
            is_kind = layers.find(name) is not None and not called_by_path
            if is_kind or name in STRUCTURES or name in META:
                taken = "key of items" if name in META else "kind"
                text = f"block '{name}' has the name of a {taken}; choose another, such as {name}_unit"
                self.problems.add(entry.key.place, text)
                self.misnamed.add(name)
            elif name in self.blocks:
                first = self.blocks[name].place
                self.problems.add(entry.key.place, f"block '{name}' is already defined at {first}")
            else:
                self.blocks[name] = Block(name=name, place=entry.key.place)

    def _define_blocks(self, mapping: MappingNode, variables: frozenset[str], *, sees: bool = True) -> None:
        for entry in mapping.entries:
            block = self.blocks.get(entry.key.text)
            if block is not None and block.place == entry.key.place:
                block.sees_variables = sees
                self._define(block, entry.value, variables)

    def _define(self, block: Block, node: Tree, variables: frozenset[str]) -> None:
        what = f"block '{block.name}'"
        if isinstance(node, SequenceNode) and node.items:
            self.problems.add(node.place, f"{what} is a list; its items belong below `body:`")
            return
        if (mapping := self.as_mapping(node, what, "params, body")) is None:
            return
        mapping = self.check_keys(mapping, BLOCK_KEYS, ("body",), what)
        self.text(mapping, "note")
        known = self._parameters(block, mapping.get("params"), variables.union(IN_NAMES, [OF_BLOCK]))
        block.inputs = self.name_list(mapping.get("inputs"), "inputs")
        block.input_places = listed(mapping.get("inputs"))
        if "input" in block.inputs and (inputs := mapping.get("inputs")):
            text = "'input' is all that arrives at a block; its parts need names of their own"
            self.problems.add(inputs.place, text)
        names = Names(None, ["input"], again=block.inputs)
        self.in_block = block.name
        self.calls.setdefault(block.name, {})
        if (body := mapping.get("body")) is not None:
            block.items = self.items(body, Around(known, names, Numbering(self.problems)), "body", names)
        block.outputs = self._outputs(mapping.get("outputs"), names, "outputs")
        self.in_block = None

    def _parameters(self, block: Block, node: Tree | None, known: frozenset[str]) -> frozenset[str]:
        """Read the parameters; what the body knows."""
        entries = self._parameter_entries(node)
        names = frozenset(entry.key.text for entry in entries)
        visible, later = known | names, set(names - known)
        for key, value in entries:
            default = None
            if isinstance(value, ScalarNode) and value.value in _TYPES:
                found = describe(value.value)
                text = f"parameter '{key.text}' is {found}: it has a default, or is `required`"
                self.problems.add(value.place, text)
                default = self.template(value, visible)
            elif not (isinstance(value, ScalarNode) and value.value == "required"):
                default = self.value(value, visible, f"parameter '{key.text}'")
                self._check_order(default, later)
            self.check_variable(key, "parameter")
            block.parameters[key.text] = BlockParameter(name=key.text, default=default, place=key.place)
            later.discard(key.text)
        return visible

    def _parameter_entries(self, node: Tree | None) -> list[KeyValue]:
        """A list is noted, and its words taken for parameters that are required."""
        if not isinstance(node, SequenceNode):
            return self.entries(node, "params", "out: required, k: 1")
        self.problems.add(node.place, "params is a list; it must be a mapping (out: required, k: 1)")
        words = [one for one in node.items if isinstance(one, ScalarNode)]
        entries = [entry for one in node.items if isinstance(one, MappingNode) for entry in one.entries]
        return [*entries, *(KeyValue(word, word.meaning("required")) for word in words)]

    def _check_order(self, default: Template, later: set[str]) -> None:
        """A default is computed from the parameters before it."""
        for name in sorted(default.names & later):
            text = f"'{name}' is not known yet: a default is computed from the parameters before it"
            self.problems.add(default.place_of(name), text)

    def _check_calls(self) -> None:
        """Whether every call fits its block, and no block calls itself: only now are all blocks known."""
        for call in self.called:
            call.check(self.problems)
        try:
            TopologicalSorter({name: list(callees) for name, callees in self.calls.items()}).prepare()
        except CycleError as error:
            # The cycle comes callee first; said in the order of the calls it reads a -> b -> a.
            cycle: list[str] = error.args[1][::-1]
            place = self.calls[cycle[0]][cycle[1]]
            text = f"block '{cycle[0]}' calls itself: {' → '.join(cycle)}; a spec has no recursion"
            self.problems.add(place, text)


def _places(node: Tree | None) -> dict[str, Place]:
    """Where the keys of a mapping stand."""
    return (
        {entry.key.text: entry.key.place for entry in node.entries} if isinstance(node, MappingNode) else {}
    )
