"""Items: layers, block calls and structures, with the keys beside their kind.

Path segments are given out here: they depend on the items as written, never on values, so that `--set`
renumbers nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost import foreign, layers
from archcost.layers.base import Kind, Merge
from archcost.spec.block_table import BlockUse
from archcost.spec.document import (
    BlockCall,
    Body,
    Branch,
    Branches,
    LayerItem,
    MergeSpec,
    RearrangeItem,
    Repeat,
    SplitItem,
)
from archcost.spec.fields import Fields
from archcost.spec.item_keys import ItemKeys
from archcost.spec.iterations import read_iterations
from archcost.spec.keywords import MERGES, STRUCTURES
from archcost.spec.naming import Context, Names, Numbering
from archcost.spec.no_item import as_list, no_kind_or_block, no_list
from archcost.spec.problems import Mistake
from archcost.spec.template import has_dashes, shown
from archcost.spec.yaml_reader import KeyValue, MappingNode, ScalarNode, SequenceNode
from archcost.words.suggest import translate

if TYPE_CHECKING:
    from archcost.source import Place
    from archcost.spec.block_table import BlockTable
    from archcost.spec.checks import Checks
    from archcost.spec.document import Item
    from archcost.spec.misplaced import Mender
    from archcost.spec.yaml_reader import Tree


class ItemParser:
    """Parses sequences of items."""

    def __init__(self, checks: Checks, blocks: BlockTable, mender: Mender) -> None:
        self._checks = checks
        self._problems = checks.problems
        self._blocks = blocks
        self._mender = mender

    def items(self, node: Tree, context: Context, what: str, names: Names | None = None) -> list[Item]:
        """A sequence. Its names are visible inside it only (`names`, if the caller prepared them)."""
        if not isinstance(node, SequenceNode):
            self._problems.add(node.place, f"{what} is {shown(node)}; {as_list(node, self._blocks)}")
            return []
        return self._sequence(node.items, context, names or Names(context.names))

    def _sequence(self, nodes: list[Tree], context: Context, names: Names) -> list[Item]:
        inner = Context(context.variables, names, context.numbering)
        _announce(nodes, names)
        items: list[Item] = []
        for one in nodes:
            try:
                items.append(self._item(one, inner))
            except Mistake as mistake:
                self._problems.catch(mistake)
        return items

    def _item(self, node: Tree, context: Context) -> Item:
        if isinstance(node, ScalarNode):
            return self._bare(node, context)
        if isinstance(node, SequenceNode):
            raise Mistake(node.place, no_list(node))
        node, entry = self._mender.find_kind(node)
        if entry is None:
            ItemKeys(self._checks, node, context).declare()
            raise Mistake(node.place, "this item has no kind; name a layer, a block or a structure")
        word = entry.key.text
        if word == "residual" and isinstance(entry.value, ScalarNode) and isinstance(entry.value.value, bool):
            text = "residual holds the items that are added to what arrives: `residual: [{conv: …}]`"
            raise Mistake(entry.key.place, text)
        node, misplaced = self._mender.mended(node, entry)
        keys = ItemKeys(self._checks, node, context, misplaced)
        try:
            item = self._make(node, KeyValue(entry.key, node.get(word) or entry.value), context, keys)
        except Mistake:
            keys.declare()  # so that reading it later is not a second mistake
            raise
        return keys.finish(item)

    def _bare(self, node: ScalarNode, context: Context) -> Item:
        word = node.value
        if word is None or word == "":
            raise Mistake(node.place, "this item is empty; name a layer, a block or a structure")
        if not isinstance(word, str):
            raise Mistake(node.place, f"an item is a layer, a block or a structure, not {shown(node)}")
        if word in STRUCTURES:
            raise Mistake(node.place, f"{word} holds items: write `{word}:` and list them below it")
        return self._call(word, None, node.place, context, None)

    def _make(self, node: MappingNode, entry: KeyValue, context: Context, keys: ItemKeys) -> Item:
        word, place = entry.key.text, entry.key.place
        if word == "body":
            items = self.items(entry.value, self._inside(context, keys), "body")
            return Body(word, place, items)
        structures = {"repeat": self._repeat, "branches": self._branches, "residual": self._residual}
        if make := structures.get(word):
            return make(node, entry, context, keys)
        return self._call(word, entry.value, place, context, keys)

    # -- layers and blocks ------------------------------------------------------------------------------

    def _call(
        self, word: str, value: Tree | None, place: Place, context: Context, keys: ItemKeys | None
    ) -> Item:
        """A layer or a block, by its word."""
        segment = (keys and keys.segment) or context.numbering.word(word.rpartition("/")[2])
        if word in self._blocks.misnamed:
            return Body(word, place, [], segment)
        if found := layers.find(word):
            fields = Fields(word, found, place).read(value, context.readable, self._checks)
            for name, template in fields.templates.items():
                if name in fields.kind.tap_fields:  # `like: c3` must name a visible tap
                    self._checks.refs(template.node, context.names, f"{word}: {name}")
            return LayerItem(word, place, segment, fields)
        if word in layers.EXPANDED:
            make = {"split": self._split, "rearrange": self._rearrange}[word]
            return make(value, place, context, segment)
        block = self._blocks.find(word)
        if block is not None:
            self._blocks.calls.append(BlockUse(word, block, value, place, context.names.in_block))
            entries = value.pairs() if value else []
            arguments = {e.key.text: self._checks.template(e.value, context.readable) for e in entries}
            return BlockCall(word, place, segment, block, arguments)
        if why := no_kind_or_block(word, value, self._blocks):
            raise Mistake(place, why)
        return Body(word, place, [])

    def _split(self, value: Tree | None, place: Place, context: Context, segment: str) -> Item:
        from archcost.layers.shape import Slice  # noqa: PLC0415 - few specs need it
        from archcost.layers.split import Split  # noqa: PLC0415 - as above

        fields = Fields("split", (Split, None), place).read(value, context.readable, self._checks)
        return SplitItem("split", place, segment, fields, Fields[Kind]("slice", (Slice, None), place))

    def _rearrange(self, value: Tree | None, place: Place, context: Context, segment: str) -> Item:
        from archcost.layers.rearrange import Rearrange  # noqa: PLC0415 - few specs need it
        from archcost.layers.shape import Reshape, Transpose  # noqa: PLC0415 - as above

        fields = Fields("rearrange", (Rearrange, None), place).read(value, context.readable, self._checks)
        steps: dict[type[Kind], str] = {Reshape: "reshape", Transpose: "transpose"}
        made = {kind: Fields[Kind](word, (kind, None), place) for kind, word in steps.items()}
        return RearrangeItem(place, segment, fields, made)

    # -- structures -------------------------------------------------------------------------------------

    def _inside(self, context: Context, keys: ItemKeys) -> Context:
        """The context of what stands inside a structure: a named one begins a numbering of its own."""
        numbering = Numbering(self._problems) if keys.segment else context.numbering
        return Context(context.variables, context.names, numbering)

    def _branches(self, node: MappingNode, entry: KeyValue, context: Context, keys: ItemKeys) -> Branches:
        inside = self._inside(context, keys)
        branches: list[Branch] = []
        if not entry.value.pairs():
            wanted = "it must be a mapping of names to items (left: [relu])"
            if has_dashes(entry.value):
                wanted = "leave out the dashes before their names"
            text = f"branches is {shown(entry.value)}; {wanted}"
            self._problems.add(entry.value.place, text)
        for one in entry.value.pairs():
            name = one.key.text
            self._checks.check_name(one.key, "branch")
            context.names.hidden.setdefault(name, "that is a branch, and what is in it is visible only there")
            segment = inside.numbering.name(name, one.key.place)
            branches.append(self._branch(one, segment, f"branch '{name}'", inside))
        if node.get("merge") is None:
            self._problems.add(entry.key.place, f"branches need `merge:`, one of {', '.join(MERGES)}")
        merge = self._merge(node, "merge", "add", entry.key.place, inside)
        return Branches("branches", entry.key.place, branches, merge)

    def _branch(self, entry: KeyValue, segment: str, label: str, inside: Context) -> Branch:
        """A branch or shortcut: items, or `{when, body}`. What it contains is numbered on its own."""
        node, when = entry.value, None
        context = Context(inside.variables, inside.names, Numbering(self._problems))
        first = node.entries[0].key.text if isinstance(node, MappingNode) and node.entries else "body"
        if isinstance(node, MappingNode) and (first == "body" or not self._blocks.is_kind(first)):
            form = "; it is a list of items, or {when, body}"
            node = self._checks.mend(node, ("when", "body", "note"), f" in {label}", form)
            if (condition := node.get("when")) is not None:
                when = self._checks.when(condition, inside.readable)
            self._checks.text(node, "note")
            if node.get("body") is None:
                self._problems.add(node.place, f"{label} has no `body`; write `body: []` for the identity")
            node = node.get("body")
        items = self.items(node, context, label) if node is not None else []
        return Branch(label, segment, items, when)

    def _residual(self, node: MappingNode, entry: KeyValue, context: Context, keys: ItemKeys) -> Branches:
        inside = self._inside(context, keys)
        items = self.items(entry.value, inside, "residual")
        body = Branch("the body", "", items)
        given = next((e for e in node.entries if e.key.text == "shortcut"), None)
        if given:
            shortcut = self._branch(given, inside.numbering.word("shortcut"), "the shortcut", inside)
        else:
            shortcut = Branch("the shortcut (the identity)", "", [])
        merge = self._merge(node, "merge", "add", entry.key.place, inside)
        return Branches("residual", entry.key.place, [body, shortcut], merge)

    def _merge(self, node: MappingNode, key: str, default: str, at: Place, inside: Context) -> MergeSpec:
        """`merge: add`, `merge: {concat: {axis: 1}}`; what is none is noted and taken for the default."""
        value = node.get(key)
        word, place, fields_node = default, at, None
        if isinstance(value, MappingNode) and len(value.entries) == 1:
            (key_node, fields_node) = value.entries[0]
            word, place = key_node.text, key_node.place
        elif value is not None and (given := value.word()) is not None:
            word, place = given, value.place
        elif value is not None:
            self._problems.add(value.place, f"{key} is {shown(value)}; it must be one of {', '.join(MERGES)}")
        found = layers.find(word)
        if found is None or not issubclass(found[0], Merge):
            near = translate(word, MERGES, foreign.blocks.MERGES)
            self._problems.add(place, f"{key} is '{word}'; it must be one of {', '.join(MERGES)}{near}")
            found, fields_node = layers.find(default), None
        if found is None:
            raise TypeError(f"{default} is no merge")
        fields = Fields(word, found, place).read(fields_node, inside.readable, self._checks)
        return MergeSpec(fields, word, place, inside.numbering.word(word))

    def _repeat(self, node: MappingNode, entry: KeyValue, context: Context, keys: ItemKeys) -> Repeat:
        mode = self._mode(node)
        iterations = read_iterations(entry.value, context, self._checks)
        repeat = Repeat(entry.key.place, mode, iterations)
        if not keys.segment:
            repeat.segment = context.numbering.repeat()
        if mode == "carry":
            repeat.carry = self._checks.name_list(node.get("carry"), "carry")
        names = Names(context.names, again=repeat.carry)
        inside = Context(context.variables | iterations.names, names, Numbering(self._problems))
        if (body := node.get("body")) is not None:
            repeat.items = self.items(body, inside, "body", names)
        elif keys.misplaced:
            repeat.items = self._sequence(keys.misplaced, inside, names)
        else:
            self._problems.add(entry.key.place, "repeat needs `body:`, the items to repeat")
        if mode == "dense":
            repeat.merge = self._merge(node, mode, "concat", entry.key.place, inside)
        elif mode in ("merge", "collect"):
            own = keys.segment or repeat.segment
            numbering = Numbering(self._problems) if own else context.numbering
            outside = Context(context.variables, names, numbering)
            repeat.merge = self._merge(node, mode, "concat", entry.key.place, outside)
        return repeat

    def _mode(self, node: MappingNode) -> str:
        modes = [e.key for e in node.entries if e.key.text in ("merge", "collect", "dense", "carry")]
        if len(modes) > 1:
            both = f"{modes[0].text} and {modes[1].text}"
            text = f"repeat takes one of merge, collect, dense and carry, not both {both}"
            self._problems.add(modes[1].place, text)
        return modes[0].text if modes else "chain"


def _announce(nodes: list[Tree], names: Names) -> None:
    """Note the names of a sequence before its items are read, for whoever reads one too early."""
    for item in nodes:
        name = item.get("name")
        if isinstance(name, ScalarNode):
            names.announce(name.text, name.place)
