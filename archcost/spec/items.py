"""Items: layers, block calls and structures, with their meta keys.

Path segments are given out here: they depend on the items as written, never on values, so that `--set`
renumbers nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcost import layers
from archcost.layers.base import Merge
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
from archcost.spec.expectations import KEYS as EXPECT
from archcost.spec.fields import Fields
from archcost.spec.naming import Around, Names, Numbering
from archcost.spec.pieces import Pieces
from archcost.spec.problems import Mistake
from archcost.spec.reader import Mapping, Scalar, Sequence
from archcost.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcost.limits import Limits
    from archcost.source import Place
    from archcost.spec.problems import Problems
    from archcost.spec.reader import Entry, Tree
    from archcost.spec.template import Template

META = ("name", "from", "when", "expect", "note", "share", "weights")
STRUCTURES = {
    "body": ("body",),
    "repeat": ("repeat", "body", "merge", "collect", "dense", "carry"),
    "branches": ("branches", "merge"),
    "residual": ("residual", "shortcut", "merge"),
}
"""Structure kinds and the keys that belong to each."""


class ItemParser(Pieces):
    """Parses sequences of items.

    `standard` fetches a standard block by its name (`squeeze_excite`), or says None.
    """

    def __init__(self, problems: Problems, limits: Limits, standard: Callable[[str], Block | None]) -> None:
        super().__init__(problems, limits)
        self.standard = standard
        self.blocks: dict[str, Block] = {}
        self.in_block: str | None = None
        self.calls: dict[str, dict[str, Place]] = {}
        """Per block, the blocks it calls and where."""
        self.called: list[Called] = []

    def items(self, node: Tree, around: Around, what: str, names: Names | None = None) -> list[Item]:
        """A sequence. Its names are visible inside it only (`names`, if the caller prepared them)."""
        if not isinstance(node, Sequence):
            if not (isinstance(node, Scalar) and node.value is None):
                self.problems.add(node.place, f"{what} must be a list of items, each beginning with `- `")
            else:
                self.problems.add(node.place, f"{what} is empty; write [] if that is meant")
            return []
        inner = Around(around.variables, names or Names(around.names), around.numbering)
        items: list[Item] = []
        for one in node.items:
            try:
                items.append(self._item(one, inner))
            except Mistake as mistake:
                self.problems.catch(mistake)
        return items

    def _item(self, node: Tree, around: Around) -> Item:
        if isinstance(node, Scalar):
            return self._bare(node, around)
        if isinstance(node, Sequence):
            raise Mistake(node.place, "an item is a word or a mapping, not a list; did you mean `body:`?")
        structure = next((e for e in node.entries if e.key.text in ("repeat", "branches", "residual")), None)
        structure = structure or next((e for e in node.entries if e.key.text == "body"), None)
        entry = structure or self._kind_entry(node)
        if structure:
            self._check_companions(node, structure.key.text)
        meta = _Meta(self, node, around)
        try:
            item = self._make(node, entry, around, meta)
        except Mistake:
            meta.declare()  # so that reading it later is not a second mistake
            raise
        return meta.finish(item)

    def _bare(self, node: Scalar, around: Around) -> Item:
        if not isinstance(node.value, str):
            raise Mistake(node.place, f"an item is a kind or a block, not {node.text or 'empty'}")
        if node.value.startswith("$"):
            raise Mistake(node.place, f"an item's kind cannot be computed ({node.value}); use `when`")
        segment = around.numbering.word(_last_part(node.value))
        return self._call(node.value, None, node.place, around, segment, None)

    def _kind_entry(self, node: Mapping) -> Entry:
        candidates = [e for e in node.entries if e.key.text not in META]
        if not candidates:
            raise Mistake(node.place, "this item has no kind; name a layer, a block or a structure")
        if len(candidates) == 1:
            return candidates[0]
        kinds = [e for e in candidates if self._is_callable(e.key.text)]
        if len(kinds) > 1:
            raise Mistake(
                kinds[1].key.place,
                f"an item has one kind, but this one has '{kinds[0].key.text}' and '{kinds[1].key.text}'; "
                "begin a new item with `- `",
            )
        if not kinds:
            return candidates[0]
        stray = next(e for e in candidates if e is not kinds[0])
        near = suggest(stray.key.text, META)
        advice = near or f"; fields of {kinds[0].key.text} go below it, indented further"
        raise Mistake(stray.key.place, f"unknown key '{stray.key.text}' beside '{kinds[0].key.text}'{advice}")

    def _is_callable(self, word: str) -> bool:
        return layers.find(word) is not None or word in self.blocks or word.startswith("std/")

    def _check_companions(self, node: Mapping, structure: str) -> None:
        allowed = STRUCTURES[structure]
        for entry in node.entries:
            key = entry.key.text
            if key in allowed or key in META:
                continue
            if self._is_callable(key) or key in STRUCTURES:
                raise Mistake(
                    entry.key.place, f"an item has one kind, but this one has '{structure}' and '{key}'"
                )
            near = (
                suggest(key, [*allowed, *META])
                or f"; {structure} goes with {', '.join((*allowed[1:], *META))}"
            )
            raise Mistake(entry.key.place, f"unknown key '{key}' beside '{structure}'{near}")

    def _make(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Item:
        word, place = entry.key.text, entry.key.place
        if word == "body":
            return self._body(entry, around, meta)
        if word == "repeat":
            return self._repeat(node, entry, around, meta)
        if word == "branches":
            return self._branches(node, entry, around, meta)
        if word == "residual":
            return self._residual(node, entry, around, meta)
        segment = meta.segment or around.numbering.word(_last_part(word))
        return self._call(word, entry.value, place, around, segment, meta.name)

    def _call(
        self, word: str, value: Tree | None, place: Place, around: Around, segment: str, name: str | None
    ) -> Item:
        """A layer or a block, by its word."""
        if found := layers.find(word):
            fields = Fields(word, found, place).read(value, around.variables, self.problems, self.limits)
            self._check_like(fields, around)
            return LayerItem(place=place, word=word, segment=segment, name=name, fields=fields)
        block = self.blocks.get(word)
        if block is None and word.startswith("std/"):
            block = self.standard(word[4:])
        if block is None:
            known = [*layers.words(), *self.blocks, *STRUCTURES]
            raise Mistake(place, f"unknown kind or block '{word}'{suggest(word, known) or _no_such(word)}")
        if self.in_block and word in self.blocks:
            self.calls[self.in_block].setdefault(word, place)
        arguments = self._arguments(word, block, value, place, around)
        return BlockCall(place=place, word=word, segment=segment, name=name, block=block, arguments=arguments)

    def _check_like(self, fields: Fields, around: Around) -> None:
        """A field that names a tap (`like: c3`) must name a visible one."""
        for name, template in fields.templates.items():
            if name in fields.kind.tap_fields:
                self.refs(template.node, around.names, f"{fields.word}: {name}")

    def _arguments(
        self, word: str, block: Block, value: Tree | None, place: Place, around: Around
    ) -> dict[str, Template]:
        if value is None or (isinstance(value, Scalar) and value.value is None):
            entries: list[Entry] = []
        elif isinstance(value, Mapping):
            entries = list(value.entries)
        else:
            raise Mistake(value.place, f"{word}: its parameters are a mapping (name: value)")
        arguments: dict[str, Template] = {}
        for entry in entries:
            arguments[entry.key.text] = self.template(entry.value, around.variables)
        self.called.append(Called(word, block, {e.key.text: e.key.place for e in entries}, place))
        return arguments

    def _inside(self, around: Around, meta: _Meta, variables: Iterable[str] = ()) -> Around:
        """Around for what stands inside a structure: a named one begins a numbering of its own."""
        numbering = Numbering(self.problems) if meta.segment else around.numbering
        return Around(around.variables | frozenset(variables), around.names, numbering)

    def _body(self, entry: Entry, around: Around, meta: _Meta) -> Body:
        items = self.items(entry.value, self._inside(around, meta), "body")
        return Body(place=entry.key.place, word="body", items=items)

    def _branches(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Branches:
        inside = self._inside(around, meta)
        branches: list[Branch] = []
        if not isinstance(entry.value, Mapping) or not entry.value.entries:
            raise Mistake(entry.value.place, "branches is a mapping of names to branches (name: [items])")
        for one in entry.value.entries:
            self.check_name(one.key, "branch")
            segment = inside.numbering.name(one.key.text, one.key.place)
            branches.append(self._branch(one, segment, f"branch '{one.key.text}'", inside))
        if node.get("merge") is None:
            raise Mistake(entry.key.place, "branches need `merge:` (add, concat, multiply, max or average)")
        merge = self._merge(node, "merge", "add", entry, inside)
        return Branches(place=entry.key.place, word="branches", branches=branches, merge=merge)

    def _branch(self, entry: Entry, segment: str, label: str, inside: Around) -> Branch:
        """A branch or shortcut: items, or `{when, body}`. What it contains is numbered on its own."""
        node, when = entry.value, None
        around = Around(inside.variables, inside.names, Numbering(self.problems))
        if isinstance(node, Mapping):
            for one in node.entries:
                if one.key.text not in ("when", "body", "note"):
                    text = f"unknown key '{one.key.text}' in {label}"
                    advice = (
                        suggest(one.key.text, ("when", "body")) or "; it is a list of items, or {when, body}"
                    )
                    raise Mistake(one.key.place, text + advice)
            if (condition := node.get("when")) is not None:
                when = self.template(condition, inside.variables)
            body = node.get("body")
            if body is None:
                raise Mistake(node.place, f"{label} has no `body`; write `body: []` for the identity")
            node = body
        items = self.items(node, around, label)
        return Branch(label=label, segment=segment, items=items, when=when, place=entry.key.place)

    def _residual(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Branches:
        inside = self._inside(around, meta)
        body = Branch(
            label="the body",
            segment="",
            items=self.items(entry.value, inside, "residual"),
            when=None,
            place=entry.key.place,
        )
        given = next((e for e in node.entries if e.key.text == "shortcut"), None)
        if given:
            shortcut = self._branch(given, inside.numbering.word("shortcut"), "the shortcut", inside)
        else:
            shortcut = Branch(label="the shortcut", segment="", items=[], when=None, place=entry.key.place)
        merge = self._merge(node, "merge", "add", entry, inside)
        return Branches(place=entry.key.place, word="residual", branches=[body, shortcut], merge=merge)

    def _merge(self, node: Mapping, key: str, default: str, entry: Entry, inside: Around) -> MergeSpec:
        value = node.get(key)
        word, place, fields_node = default, entry.key.place, None
        if isinstance(value, Mapping) and len(value.entries) == 1:
            word, place, fields_node = (
                value.entries[0].key.text,
                value.entries[0].key.place,
                value.entries[0].value,
            )
        elif isinstance(value, Scalar) and isinstance(value.value, str):
            word, place = value.value, value.place
        elif value is not None:
            raise Mistake(value.place, f"{key} is add, concat, multiply, max or average")
        found = layers.find(word)
        if found is None or not issubclass(found[0], Merge):
            merges = ("add", "concat", "multiply", "max", "average")
            raise Mistake(
                place, f"{key} '{word}' joins nothing{suggest(word, merges) or '; use ' + ', '.join(merges)}"
            )
        fields = Fields(word, found, place).read(fields_node, inside.variables, self.problems, self.limits)
        return MergeSpec(fields=fields, word=word, place=place, segment=inside.numbering.word(word))

    def _repeat(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Repeat:
        modes = [e for e in node.entries if e.key.text in ("merge", "collect", "dense", "carry")]
        if len(modes) > 1:
            text = f"repeat takes one of merge, collect, dense and carry, not both {modes[0].key.text} and "
            raise Mistake(modes[1].key.place, text + modes[1].key.text)
        mode = modes[0].key.text if modes else "chain"
        repeat = Repeat(place=entry.key.place, word="repeat", items=[], mode=mode)
        if not meta.segment:
            repeat.segment = around.numbering.repeat()
        self._iterations(repeat, entry.value, around)
        body = node.get("body")
        if body is None:
            raise Mistake(entry.key.place, "repeat needs `body:`, the items to repeat")
        if mode == "carry":
            repeat.carry = self.name_list(node.get("carry"), "carry")
        variables = around.variables | {*repeat.columns, *(repeat.rows[0] if repeat.rows else ())}
        names = Names(around.names, again=repeat.carry)
        inside = Around(variables, names, Numbering(self.problems))
        repeat.items = self.items(body, inside, "body", names)
        if mode == "dense":
            repeat.merge = self._merge(node, mode, "concat", entry, inside)
        elif mode in ("merge", "collect"):
            own = meta.segment or repeat.segment
            numbering = Numbering(self.problems) if own else around.numbering
            repeat.merge = self._merge(
                node, mode, "concat", entry, Around(around.variables, names, numbering)
            )
        return repeat

    def _iterations(self, repeat: Repeat, node: Tree, around: Around) -> None:
        if isinstance(node, Mapping):
            repeat.columns = self._row(node, around, fresh=True)
            if not repeat.columns:
                raise Mistake(node.place, "repeat names no variable; write a count, or {variable: values}")
        elif isinstance(node, Sequence):
            for row in node.items:
                if not isinstance(row, Mapping):
                    raise Mistake(
                        row.place, "each row of a repeat is a mapping of its variables ({t: 1, c: 16})"
                    )
                repeat.rows.append(self._row(row, around, fresh=not repeat.rows))
                if set(repeat.rows[-1]) != set(repeat.rows[0]):
                    keys = ", ".join(repeat.rows[0])
                    raise Mistake(row.place, f"every row of a repeat has the same keys; the first has {keys}")
            if not node.items:
                repeat.count = self.template(node, ())
        else:
            repeat.count = self.template(node, around.variables)

    def _row(self, node: Mapping, around: Around, *, fresh: bool) -> dict[str, Template]:
        for entry in node.entries if fresh else ():
            if self.check_variable(entry.key, "loop variable") and entry.key.text in around.variables:
                text = f"loop variable '{entry.key.text}' is already a variable here; choose another name"
                self.problems.add(entry.key.place, text)
        return {e.key.text: self.template(e.value, around.variables) for e in node.entries}


class Called(NamedTuple):
    """One call of a block, to be checked once all blocks are known."""

    word: str
    block: Block
    arguments: dict[str, Place]
    place: Place

    def check(self, problems: Problems) -> None:
        """Every argument is a parameter, and every required parameter is given."""
        known = self.block.parameters
        for name, place in self.arguments.items():
            if name not in known:
                takes = f"; it takes {', '.join(known)}" if known else "; it takes none"
                problems.add(place, f"{self.word}: unknown parameter '{name}'{suggest(name, known) or takes}")
        missing = [f"'{n}'" for n, p in known.items() if p.default is None and n not in self.arguments]
        if missing:
            problems.add(self.place, f"{self.word}: needs {' and '.join(missing)}")


def _last_part(word: str) -> str:
    return word.rpartition("/")[2]


def _no_such(word: str) -> str:
    if word.startswith("std/"):
        return "; the standard blocks are listed by `archcost zoo --blocks`"
    return "; a layer archcost does not know can be declared with `custom`"


class _Meta:
    """The meta keys of one item, read before the item itself is made and put into it afterwards."""

    def __init__(self, parser: ItemParser, node: Mapping, around: Around) -> None:
        self._parser = parser
        self._node = node
        self._around = around
        self.name: str | None = None
        self.segment: str | None = None
        self._name_place = node.place
        key = node.get("name")
        if key is not None:
            self._read_name(key)

    def _read_name(self, node: Tree) -> None:
        self._name_place = node.place
        if not isinstance(node, Scalar):
            self._parser.problems.add(node.place, "name must be a word")
        elif self._parser.check_name(node, "name"):
            self.name = node.text
            self.segment = self._around.numbering.name(node.text, node.place)

    def finish(self, item: Item) -> Item:
        """Put the meta keys into the item, and let its name be read from here on."""
        parser, node, around = self._parser, self._node, self._around
        item.name = self.name
        item.segment = self.segment or item.segment
        if (reads := node.get("from")) is not None:
            item.reads = parser.refs(reads, around.names, "from")
        if (when := node.get("when")) is not None:
            item.when = parser.template(when, around.variables)
        if (share := node.get("share")) is not None:
            item.share = self._share(share)
        self._check_weights(node.get("weights"))
        self._expect(item, node.get("expect"))
        self.declare()
        return item

    def declare(self) -> None:
        """Let the item's name be read from here on."""
        if self.name and (why := self._around.names.add(self.name, self._name_place)):
            self._parser.problems.add(self._name_place, why)

    def _check_weights(self, node: Tree | None) -> None:
        named = isinstance(node, Mapping) and all(
            isinstance(e.value, (Sequence, Scalar)) for e in node.entries
        )
        if node is None or named or (isinstance(node, Scalar) and str(node.value).endswith(".npz")):
            return
        self._parser.problems.add(
            node.place, "weights are named lists of numbers, or an .npz file beside the spec"
        )

    def _share(self, node: Tree) -> str | None:
        if isinstance(node, Scalar) and self._parser.check_name(node, "share"):
            return node.text
        if not isinstance(node, Scalar):
            self._parser.problems.add(node.place, "share must be a word")
        return None

    def _expect(self, item: Item, node: Tree | None) -> None:
        if node is None:
            return
        parser = self._parser
        mapping = parser.as_mapping(node, "expect")
        for entry in mapping.entries if mapping else ():
            if entry.key.text not in EXPECT:
                near = suggest(entry.key.text, EXPECT) or "; it knows " + ", ".join(EXPECT)
                parser.problems.add(entry.key.place, f"expect: unknown key '{entry.key.text}'{near}")
                continue
            template = parser.template(entry.value, self._around.variables)
            item.expect[entry.key.text] = (template, entry.value.place)
