"""From data with places to a document: what stands where, under which names, and everything wrong with that.

Nothing is expanded here, so blocks that are never used are checked as well.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from archcost import layers
from archcost.spec.document import Block, Document, Parameter
from archcost.spec.items import META, STRUCTURES, ItemParser
from archcost.spec.naming import Around, Names, Numbering
from archcost.spec.reader import Mapping, Scalar
from archcost.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcost.spec.reader import Tree
    from archcost.spec.template import Template

IN_NAMES = ("in_channels", "in_length", "in_height", "in_width", "in_depth")
"""What every expression inside the layers knows about the tensor that arrives."""

LIBRARY_KEYS = ("archcost", "name", "note", "include", "blocks")
"""What a file that is included may hold."""


class Parser(ItemParser):
    """Parses one spec, or one file of blocks; mistakes go to `problems`."""

    def document(self, root: Mapping, included: Iterable[Mapping] = ()) -> Document:
        """The whole spec. `included` are the `blocks:` mappings of the files it includes."""
        known = (
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
        self.check_keys(root, known, required=("archcost", "name", "input", "layers"), what="a spec")
        variables = self._variables(root.get("vars"))
        names = frozenset(variables)
        variants = self._variants(root.get("variants"), names)
        included = list(included)
        for mapping in included:
            self._declare_blocks(mapping)
        own = root.get("blocks")
        if own is not None and (mapping := self.as_mapping(own, "blocks")):
            self._declare_blocks(mapping)
        for mapping in included:
            self._define_blocks(mapping, names)
        if isinstance(own, Mapping):
            self._define_blocks(own, names)
        inputs = self._inputs(root.get("input"), names)
        taps = Names(None, ["input", *inputs])
        around = Around(names | frozenset(IN_NAMES), taps, Numbering(self.problems))
        layers_node = root.get("layers")
        items = self.items(layers_node, around, "layers", taps) if layers_node is not None else []
        self._check_calls()
        taps_out = root.get("outputs")
        outputs = self.refs(taps_out, taps, "outputs") if taps_out is not None else ()
        return Document(
            name=self._text(root, "name"),
            place=root.place,
            inputs=inputs,
            layers=items,
            outputs=outputs,
            variables=variables,
            variants=variants,
        )

    def _text(self, root: Mapping, key: str) -> str:
        node = root.get(key)
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value:
            return node.value
        if node is not None:
            self.problems.add(node.place, f"{key} must be text; quote it if it looks like a number")
        return ""

    def _variables(self, node: Tree | None) -> dict[str, Template]:
        if node is None or (mapping := self.as_mapping(node, "vars")) is None:
            return {}
        names = frozenset(entry.key.text for entry in mapping.entries)
        variables: dict[str, Template] = {}
        for entry in mapping.entries:
            self.check_variable(entry.key, "variable")
            variables[entry.key.text] = self.template(entry.value, names)
        return variables

    def _variants(self, node: Tree | None, names: frozenset[str]) -> dict[str, dict[str, Template]]:
        if node is None or (mapping := self.as_mapping(node, "variants")) is None:
            return {}
        variants: dict[str, dict[str, Template]] = {}
        for entry in mapping.entries:
            overrides = self.as_mapping(entry.value, f"variant '{entry.key.text}'")
            for override in overrides.entries if overrides else ():
                if override.key.text not in names:
                    text = f"variant '{entry.key.text}' sets '{override.key.text}', which is not in vars"
                    self.problems.add(override.key.place, text + suggest(override.key.text, names))
            variants[entry.key.text] = {
                o.key.text: self.template(o.value, names) for o in (overrides.entries if overrides else ())
            }
        return variants

    def _inputs(self, node: Tree | None, names: frozenset[str]) -> dict[str, Template]:
        if node is None:
            return {}
        if isinstance(node, Mapping):
            for entry in node.entries:
                self.check_name(entry.key, "input")
            if not node.entries:
                self.problems.add(node.place, "input names no tensor; write [channels, height, width]")
            return {entry.key.text: self.template(entry.value, names) for entry in node.entries}
        return {"input": self.template(node, names)}

    def library(self, root: Mapping) -> dict[str, Block]:
        """The blocks of a file that has nothing else: a standard block and its helpers."""
        self.check_keys(root, LIBRARY_KEYS, required=("blocks",), what="a file of blocks")
        if (node := root.get("blocks")) is not None and (mapping := self.as_mapping(node, "blocks")):
            self._declare_blocks(mapping)
            self._define_blocks(mapping, frozenset(), sees=False)
        self._check_calls()
        return self.blocks

    def _declare_blocks(self, mapping: Mapping) -> None:
        for entry in mapping.entries:
            name = entry.key.text
            if not self.check_name(entry.key, "block"):
                continue
            if layers.find(name) or name in STRUCTURES or name in META:
                self.problems.add(entry.key.place, f"block '{name}' may not take the name of a kind")
            elif name in self.blocks:
                first = self.blocks[name].place
                self.problems.add(entry.key.place, f"block '{name}' is already defined at {first}")
            else:
                self.blocks[name] = Block(name=name, place=entry.key.place)

    def _define_blocks(self, mapping: Mapping, variables: frozenset[str], *, sees: bool = True) -> None:
        for entry in mapping.entries:
            block = self.blocks.get(entry.key.text)
            if block is not None and block.place == entry.key.place:
                block.sees_variables = sees
                self._define(block, entry.value, variables)

    def _define(self, block: Block, node: Tree, variables: frozenset[str]) -> None:
        if (mapping := self.as_mapping(node, f"block '{block.name}'")) is None:
            return
        self.check_keys(
            mapping, ("params", "inputs", "outputs", "body", "note"), ("body",), f"block '{block.name}'"
        )
        known = variables | frozenset(IN_NAMES)
        params = mapping.get("params")
        for entry in self.entries(params, "params"):
            default = None
            if not (isinstance(entry.value, Scalar) and entry.value.value == "required"):
                default = self.template(entry.value, known | frozenset(block.parameters))
            if self.check_variable(entry.key, "parameter"):
                block.parameters[entry.key.text] = Parameter(
                    name=entry.key.text, default=default, place=entry.key.place
                )
        block.inputs = self.name_list(mapping.get("inputs"), "inputs")
        names = Names(None, ["input"], again=block.inputs)
        around = Around(known | frozenset(block.parameters), names, Numbering(self.problems))
        self.in_block = block.name
        self.calls.setdefault(block.name, {})
        if (body := mapping.get("body")) is not None:
            block.items = self.items(body, around, "body", names)
        self.in_block = None
        if (outputs := mapping.get("outputs")) is not None:
            block.outputs = self.refs(outputs, names, "outputs")

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
