"""Items: layers, block calls and structures, with their meta keys.

Path segments are given out here: they depend on the items as written, never on values, so that `--set`
renumbers nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archcost import foreign, layers
from archcost.layers.base import Merge
from archcost.spec import calls
from archcost.spec.checks import META, listed
from archcost.spec.document import (
    Block,
    BlockCall,
    Body,
    Branch,
    Branches,
    Item,
    LayerItem,
    MergeSpec,
    Repeat,
)
from archcost.spec.fields import Fields
from archcost.spec.item_keys import ItemKeys
from archcost.spec.misplaced import COMPANIONS, STRUCTURES, Mender
from archcost.spec.naming import Around, Names, Numbering
from archcost.spec.problems import Mistake
from archcost.spec.template import ANY, check_plain, has_dashes, shown, sort
from archcost.spec.words import Slips, kind_tail, no_kind
from archcost.spec.yaml_reader import KeyValue, MappingNode, ScalarNode, SequenceNode
from archcost.words.suggest import translate
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.limits import Limits
    from archcost.source import Place
    from archcost.spec.document import BlockParameter
    from archcost.spec.problems import Problems
    from archcost.spec.template import Template
    from archcost.spec.yaml_reader import Tree

_TIGHT = re.compile(r"([A-Za-z_][\w./-]*):(\S.*)")
"""`conv:8` is one word."""

_LOOP = re.compile(r"(\w+) +in +range\((?:0, *)?([^,()]+)\)")
"""Python's `i in range(3)`."""

_FEW = 6
"""Values that a message still writes out."""

MERGES = ("add", "concat", "multiply", "max", "average")


class ItemParser(Mender):
    """Parses sequences of items.

    `standard` fetches a standard block by its name (`squeeze_excite`), or says None.
    """

    def __init__(self, problems: Problems, limits: Limits, standard: Callable[[str], Block | None]) -> None:
        super().__init__(problems, limits)
        self.standard = standard
        self.misnamed: set[str] = set()
        """Blocks with the name of a kind: a call may mean either, so nothing is said of it."""
        self.blocks_are_complete = True
        """False if some could not be read: an unknown word may then be one of them."""
        self.calls: dict[str, dict[str, Place]] = {}
        """Per block, the blocks it calls and where."""
        self.called: list[Called] = []

    def items(self, node: Tree, around: Around, what: str, names: Names | None = None) -> list[Item]:
        """A sequence. Its names are visible inside it only (`names`, if the caller prepared them)."""
        if not isinstance(node, SequenceNode):
            self.problems.add(node.place, f"{what} is {shown(node)}; {self._as_list(node)}")
            return []
        return self._sequence(node.items, around, names or Names(around.names))

    def _sequence(self, nodes: list[Tree], around: Around, names: Names) -> list[Item]:
        inner = Around(around.variables, names, around.numbering)
        _announce(nodes, names)
        items: list[Item] = []
        for one in nodes:
            try:
                items.append(self._item(one, inner))
            except Mistake as mistake:
                self.problems.catch(mistake)
        return items

    def _as_list(self, node: ScalarNode | MappingNode) -> str:
        """How to make a list of what is none."""
        if isinstance(node, MappingNode) and node.entries and self.is_kind(node.entries[0].key.text):
            if node.place.text()[node.place.column - 1 : node.place.column] == "{":
                return f"it must be a list of items: [{{{node.entries[0].key.text}: …}}]"
            return f"it must be a list of items: write `- ` before '{node.entries[0].key.text}'"
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and self.is_kind(node.value):
            return f"it must be a list of items: [{node.value}]"
        named = (
            "; its name is `name:` beside its kind" if isinstance(node, MappingNode) and node.entries else ""
        )
        return f"it must be a list of items, each beginning with `- `{named}"

    def _item(self, node: Tree, around: Around) -> Item:
        if isinstance(node, ScalarNode):
            return self._bare(node, around)
        if isinstance(node, SequenceNode):
            raise Mistake(node.place, _no_list(node))
        node, entry = self.find_kind(node)
        if entry is None:
            ItemKeys(self, node, around).declare()
            raise Mistake(node.place, "this item has no kind; name a layer, a block or a structure")
        word = entry.key.text
        if word == "residual" and isinstance(entry.value, ScalarNode) and isinstance(entry.value.value, bool):
            text = "residual holds the items that are added to what arrives: `residual: [{conv: …}]`"
            raise Mistake(entry.key.place, text)
        node, misplaced = self.mended(node, entry)
        meta = ItemKeys(self, node, around, misplaced)
        try:
            item = self._make(node, KeyValue(entry.key, node.get(word) or entry.value), around, meta)
        except Mistake:
            meta.declare()  # so that reading it later is not a second mistake
            raise
        return meta.finish(item)

    def _bare(self, node: ScalarNode, around: Around) -> Item:
        word = node.value
        if word is None or word == "":
            raise Mistake(node.place, "this item is empty; name a layer, a block or a structure")
        if not isinstance(word, str):
            raise Mistake(node.place, f"an item is a layer, a block or a structure, not {shown(node)}")
        if word in STRUCTURES:
            raise Mistake(node.place, f"{word} holds items: write `{word}:` and list them below it")
        return self._call(word, None, node.place, around, None)

    def _make(self, node: MappingNode, entry: KeyValue, around: Around, meta: ItemKeys) -> Item:
        word, place = entry.key.text, entry.key.place
        if word == "body":
            return self._body(entry, around, meta)
        if word == "repeat":
            return self._repeat(node, entry, around, meta)
        if word == "branches":
            return self._branches(node, entry, around, meta)
        if word == "residual":
            return self._residual(node, entry, around, meta)
        return self._call(word, entry.value, place, around, meta)

    # -- layers and blocks ------------------------------------------------------------------------------

    def _call(
        self, word: str, value: Tree | None, place: Place, around: Around, meta: ItemKeys | None
    ) -> Item:
        """A layer or a block, by its word."""
        segment = (meta and meta.segment) or around.numbering.word(word.rpartition("/")[2])
        if word in self.misnamed:
            return Body(place=place, word=word, segment=segment, items=[])
        if found := layers.find(word):
            fields = Fields(word, found, place).read(value, around.variables, self.problems, self.limits)
            self._check_like(fields, around)
            return LayerItem(place=place, word=word, segment=segment, fields=fields)
        block = self.blocks.get(word)
        if block is None and word.startswith("std/"):
            block = self.standard(word[4:])
        if block is None:
            return self._unknown(word, value, place)
        if self.in_block and word in self.blocks:
            self.calls[self.in_block].setdefault(word, place)
        arguments = self._arguments(word, block, value, place, around)
        return BlockCall(place=place, word=word, segment=segment, block=block, arguments=arguments)

    def _unknown(self, word: str, value: Tree | None, place: Place) -> Item:
        """A word that is no kind. If it may be a block that could not be read, nothing is said."""
        if word.startswith("$"):
            instead = f"`activation: {{function: {word}}}` or `when` can choose"
            raise Mistake(place, f"an item's kind cannot be computed ({word}); {instead}")
        if word in META or word in COMPANIONS:
            with_ = COMPANIONS.get(word, "a layer, a block or a structure")
            text = f"'{word}' goes with {with_}, in the same item: without a `- ` of its own"
            raise Mistake(place, text)
        given = value.value if isinstance(value, ScalarNode) and isinstance(value.value, str) else ""
        if meant := given if self.is_kind(given) else calls.kind_of(given):
            text = f"unknown kind or block '{word}'; the kind is the key, its fields are the value"
            raise Mistake(place, f"{text}: `{meant}: {{...}}`")
        if (called := re.match(r"([\w.-]+) *\(", word)) and called[1] in self.blocks:
            text = f"parameters are given as a mapping: `{called[1]}: {{…}}`"
            raise Mistake(place, f"'{word}' is no block: {text}")
        if (written := calls.named(word, given)) and not self.is_kind(given):
            raise Mistake(place, f"'{word}' is no layer here: {written}")
        if written := calls.layer(word):
            raise Mistake(place, f"'{word}' is no layer here: {written}")
        if tight := _TIGHT.fullmatch(word):
            text = f"a space is missing after the colon: write `{tight[1]}: {tight[2]}`"
            raise Mistake(place, text)
        instead = kind_tail(word, STRUCTURES, self.blocks)
        if not instead and (named := self._named(word, value)):
            raise Mistake(place, f"unknown kind or block '{word}'; a name stands beside its kind: {named}")
        if self.blocks_are_complete or "did you mean" in instead:
            raise Mistake(place, f"unknown kind or block '{word}'{instead or no_kind(word)}")
        return Body(place=place, word=word, items=[])

    def _named(self, word: str, value: Tree | None) -> str | None:
        """How to write items that stand under what is their name; None if it is none."""
        if isinstance(value, SequenceNode):
            first = value.items[0] if value.items else None
            key = first.entries[0].key.text if isinstance(first, MappingNode) and first.entries else ""
            is_kind = self.is_kind(first.text if isinstance(first, ScalarNode) else key)
            return f"`- {{name: {word}, body: […]}}`" if is_kind else None
        entries = value.entries if isinstance(value, MappingNode) else []
        kind = next((entry.key.text for entry in entries if self.is_kind(entry.key.text)), None)
        return f"`- {{name: {word}, {kind}: {{…}}}}`" if kind else None

    def _check_like(self, fields: Fields, around: Around) -> None:
        """A field that names a tap (`like: c3`) must name a visible one."""
        for name, template in fields.templates.items():
            if name in fields.kind.tap_fields:
                self.refs(template.node, around.names, f"{fields.word}: {name}")

    def _arguments(
        self, word: str, block: Block, value: Tree | None, place: Place, around: Around
    ) -> dict[str, Template]:
        self.called.append(Called(word, block, value, place))
        entries = value.entries if isinstance(value, MappingNode) else []
        return {entry.key.text: self.template(entry.value, around.variables) for entry in entries}

    # -- structures -------------------------------------------------------------------------------------

    def _inside(self, around: Around, meta: ItemKeys) -> Around:
        """Around for what stands inside a structure: a named one begins a numbering of its own."""
        numbering = Numbering(self.problems) if meta.segment else around.numbering
        return Around(around.variables, around.names, numbering)

    def _body(self, entry: KeyValue, around: Around, meta: ItemKeys) -> Body:
        items = self.items(entry.value, self._inside(around, meta), "body")
        return Body(place=entry.key.place, word="body", items=items)

    def _branches(self, node: MappingNode, entry: KeyValue, around: Around, meta: ItemKeys) -> Branches:
        inside = self._inside(around, meta)
        branches: list[Branch] = []
        if not isinstance(entry.value, MappingNode) or not entry.value.entries:
            wanted = "it must be a mapping of names to items (left: [relu])"
            if has_dashes(entry.value):
                wanted = "leave out the dashes before their names"
            text = f"branches is {shown(entry.value)}; {wanted}"
            self.problems.add(entry.value.place, text)
        for one in entry.value.entries if isinstance(entry.value, MappingNode) else ():
            name = one.key.text
            self.check_name(one.key, "branch")
            self.hidden.setdefault(name, "that is a branch, and what is in it is visible only there")
            segment = inside.numbering.name(name, one.key.place)
            branches.append(self._branch(one, segment, f"branch '{name}'", inside))
        if node.get("merge") is None:
            self.problems.add(entry.key.place, f"branches need `merge:`, one of {', '.join(MERGES)}")
        merge = self._merge(node, "merge", "add", entry, inside)
        return Branches(place=entry.key.place, word="branches", branches=branches, merge=merge)

    def _branch(self, entry: KeyValue, segment: str, label: str, inside: Around) -> Branch:
        """A branch or shortcut: items, or `{when, body}`. What it contains is numbered on its own."""
        node, when = entry.value, None
        around = Around(inside.variables, inside.names, Numbering(self.problems))
        if isinstance(node, MappingNode) and not (node.entries and self._is_layer(node.entries[0].key.text)):
            form = "; it is a list of items, or {when, body}"
            node = self.mend(node, ("when", "body", "note"), f" in {label}", form)
            if (condition := node.get("when")) is not None:
                when = self.when(condition, inside.variables)
            self.text(node, "note")
            if node.get("body") is None:
                self.problems.add(node.place, f"{label} has no `body`; write `body: []` for the identity")
            node = node.get("body")
        items = self.items(node, around, label) if node is not None else []
        return Branch(label=label, segment=segment, items=items, when=when, place=entry.key.place)

    def _is_layer(self, word: str) -> bool:
        return word != "body" and self.is_kind(word)

    def _residual(self, node: MappingNode, entry: KeyValue, around: Around, meta: ItemKeys) -> Branches:
        inside, place = self._inside(around, meta), entry.key.place
        items = self.items(entry.value, inside, "residual")
        body = Branch(label="the body", segment="", items=items, when=None, place=place)
        given = next((e for e in node.entries if e.key.text == "shortcut"), None)
        if given:
            shortcut = self._branch(given, inside.numbering.word("shortcut"), "the shortcut", inside)
        else:
            label = "the shortcut (the identity)"
            shortcut = Branch(label=label, segment="", items=[], when=None, place=place)
        merge = self._merge(node, "merge", "add", entry, inside)
        return Branches(place=place, word="residual", branches=[body, shortcut], merge=merge)

    def _merge(self, node: MappingNode, key: str, default: str, entry: KeyValue, inside: Around) -> MergeSpec:
        """`merge: add`, `merge: {concat: {axis: 1}}`; what is none is noted and taken for the default."""
        value = node.get(key)
        word, place, fields_node = default, entry.key.place, None
        if isinstance(value, MappingNode) and len(value.entries) == 1:
            (key_node, fields_node) = value.entries[0]
            word, place = key_node.text, key_node.place
        elif isinstance(value, ScalarNode) and isinstance(value.value, str):
            word, place = value.value, value.place
        elif value is not None:
            self.problems.add(value.place, f"{key} is {shown(value)}; it must be one of {', '.join(MERGES)}")
        found = layers.find(word)
        if found is None or not issubclass(found[0], Merge):
            near = translate(word, MERGES, foreign.MERGES)
            self.problems.add(place, f"{key} is '{word}'; it must be one of {', '.join(MERGES)}{near}")
            found, fields_node = layers.find(default), None
        if found is None:
            raise TypeError(f"{default} is no merge")
        fields = Fields(word, found, place).read(fields_node, inside.variables, self.problems, self.limits)
        return MergeSpec(fields=fields, word=word, place=place, segment=inside.numbering.word(word))

    def _repeat(self, node: MappingNode, entry: KeyValue, around: Around, meta: ItemKeys) -> Repeat:
        mode = self._mode(node)
        repeat = Repeat(place=entry.key.place, word="repeat", items=[], mode=mode)
        if not meta.segment:
            repeat.segment = around.numbering.repeat()
        variables = around.variables | self._iterations(repeat, entry.value, around)
        if mode == "carry":
            repeat.carry = self.name_list(node.get("carry"), "carry")
            repeat.carry_places = listed(node.get("carry"))
        names = Names(around.names, again=repeat.carry)
        inside = Around(variables, names, Numbering(self.problems))
        if (body := node.get("body")) is not None:
            repeat.items = self.items(body, inside, "body", names)
        elif meta.misplaced:
            repeat.items = self._sequence(meta.misplaced, inside, names)
        else:
            self.problems.add(entry.key.place, "repeat needs `body:`, the items to repeat")
        if mode == "dense":
            repeat.merge = self._merge(node, mode, "concat", entry, inside)
        elif mode in ("merge", "collect"):
            own = meta.segment or repeat.segment
            numbering = Numbering(self.problems) if own else around.numbering
            outside = Around(around.variables, names, numbering)
            repeat.merge = self._merge(node, mode, "concat", entry, outside)
        return repeat

    def _mode(self, node: MappingNode) -> str:
        modes = [e.key for e in node.entries if e.key.text in ("merge", "collect", "dense", "carry")]
        if len(modes) > 1:
            both = f"{modes[0].text} and {modes[1].text}"
            text = f"repeat takes one of merge, collect, dense and carry, not both {both}"
            self.problems.add(modes[1].place, text)
        return modes[0].text if modes else "chain"

    def _iterations(self, repeat: Repeat, node: Tree, around: Around) -> frozenset[str]:
        """Read what a repeat steps through; the names of its loop variables."""
        if isinstance(node, MappingNode):
            return self._columns(repeat, node, around)
        if isinstance(node, SequenceNode) and node.items:
            return self._rows(repeat, node.items, around)
        repeat.count = count = self.template(node, around.variables)
        if not count.waits:
            self.problems.attempt(count.count, {}, "the count", around.variables)
        return frozenset()

    def _columns(self, repeat: Repeat, node: MappingNode, around: Around) -> frozenset[str]:
        if not node.entries:
            text = "repeat names no variable; write a count, or {variable: values}"
            self.problems.add(node.place, text)
        named = self._check_loop_variables(node, around)
        repeat.places = {key.text: key.place for key, _ in node.entries}
        for key, value in node.entries:
            if key not in named:
                continue
            column = repeat.columns[key.text] = self.value(value, around.variables, f"repeat: {key.text}")
            if isinstance(value, ScalarNode) and value.value is not None and not column.waits:
                self.problems.attempt(column.count, {}, key.text, around.variables)
        return frozenset(repeat.columns)

    def _rows(self, repeat: Repeat, nodes: list[Tree], around: Around) -> frozenset[str]:
        rows = [row for row in nodes if isinstance(row, MappingNode)]
        if not rows:
            values = [node.text if isinstance(node, ScalarNode) else "[…]" for node in nodes]
            given = ", ".join(values if len(values) <= _FEW else [*values[: _FEW - 1], "…"])
            text = f"repeat lists values without a name for them; write {{width: [{given}]}}"
            self.problems.add(nodes[0].place, text)
            return frozenset({ANY})
        self._check_loop_variables(rows[0], around)
        repeat.places = {key.text: key.place for key, _ in rows[0].entries}
        keys = [entry.key.text for entry in rows[0].entries]
        for node in nodes:
            if not isinstance(node, MappingNode):
                form = ", ".join(f"{key}: …" for key in keys)
                text = f"a row of this repeat is {shown(node)}; it must be a mapping like the first ({form})"
                self.problems.add(node.place, text)
                continue
            self._check_row(node, keys)
            repeat.rows.append(
                {
                    key.text: self.value(value, around.variables, f"repeat: {key.text}")
                    for key, value in node.entries
                }
            )
        return frozenset(keys)

    def _check_row(self, row: MappingNode, keys: list[str]) -> None:
        """Every row has the keys of the first."""
        lacks = [key for key in keys if row.get(key) is None]
        if lacks:
            text = f"this row has no {in_a_row(lacks)}; every row of a repeat has the keys of the first"
            self.problems.add(row.place, text)
        for entry in row.entries:
            if entry.key.text not in keys and not lacks:
                text = f"'{entry.key.text}' is not in the first row; every row of a repeat has the same keys"
                self.problems.add(entry.key.place, text)

    def _check_loop_variables(self, node: MappingNode, around: Around) -> list[ScalarNode]:
        """Those that can be read."""
        named: list[ScalarNode] = []
        for entry in node.entries:
            if loop := _LOOP.fullmatch(entry.key.text):
                self.problems.add(entry.key.place, f"a repeat counts from 0: write {{{loop[1]}: {loop[2]}}}")
            elif self.check_variable(entry.key, "loop variable"):
                named.append(entry.key)
                if entry.key.text in around.variables:
                    text = f"loop variable '{entry.key.text}' is already a variable here; choose another name"
                    self.problems.add(entry.key.place, text)
        return named


class Called(NamedTuple):
    """One call of a block, to be checked once all blocks are known."""

    word: str
    block: Block
    value: Tree | None
    place: Place

    def check(self, problems: Problems) -> None:
        """Every argument is a parameter, and every required parameter is given."""
        known = self.block.parameters
        entries: list[KeyValue] = []
        if isinstance(self.value, MappingNode):
            entries = self.value.entries
        elif self.value is not None and not (isinstance(self.value, ScalarNode) and self.value.value is None):
            problems.add(self.value.place, self._no_mapping(self.value))
            return
        slips = Slips(known, entries, block=self.word)
        takes = f"; it takes {', '.join(known)}" if known else "; it takes none"
        for entry, near in slips.found:
            beside = f"; it stands beside `{self.word}:`, not inside it" if entry.key.text in META else ""
            text = f"{self.word}: unknown parameter '{entry.key.text}'{beside or near or takes}"
            problems.add(entry.key.place, text)
        for entry in entries:
            if entry.key.text in known:
                problems.attempt(check_plain, entry.value, f"{self.word}: {entry.key.text}")
        given = {entry.key.text for entry in entries}
        needed = (name for name, p in known.items() if p.default is None and name not in given)
        if missing := slips.missing(needed):
            problems.add(self.place, f"{self.word}: needs {in_a_row(missing)}")

    def _no_mapping(self, node: Tree) -> str:
        first = next(iter(self.block.parameters.values()), None)
        if first is None:
            return f"{self.word}: takes no parameters; write it bare: `- {self.word}`"
        text = node.text if isinstance(node, ScalarNode) and _may_be(node, first) else "…"
        return f"{self.word}: its parameters are a mapping, such as {{{first.name}: {text}}}"


def _may_be(node: ScalarNode, parameter: BlockParameter) -> bool:
    """Whether a value is of the sort that a parameter has by default, of which nothing known is a number."""
    default = parameter.default
    usual = 1 if default is None or default.waits else default.resolve({})
    return node.text.startswith("$") or sort(node.value) == sort(usual)


def _announce(nodes: list[Tree], names: Names) -> None:
    """Note the names of a sequence before its items are read, for whoever reads one too early."""
    for item in nodes:
        name = item.get("name") if isinstance(item, MappingNode) else None
        if isinstance(name, ScalarNode):
            names.announce(name.text, name.place)


def _no_list(node: SequenceNode) -> str:
    """What to write for an item that is a list."""
    texts = [one.text if isinstance(one, ScalarNode) else None for one in node.items]
    if len(texts) == 4 and texts[2] and isinstance(node.items[3], SequenceNode):
        arguments = [one.text if isinstance(one, ScalarNode) else "…" for one in node.items[3].items]
        text = "this is a row of Ultralytics (from, repeats, module, arguments)"
        return f"{text}: {calls.row(texts[2], arguments)}; `from:` and `repeat:` stand beside a kind"
    text = "an item is a word or a mapping, not a list"
    arguments = [one for one in texts[1:] if one and calls.kind_of(one) is None]
    if texts and texts[0] and len(arguments) == len(texts) - 1 > 0:
        written = calls.layer(f"{texts[0]}({', '.join(arguments)})")
        return f"{text}: {written}" if written else text
    return f"{text}; a group is a `body:`"
