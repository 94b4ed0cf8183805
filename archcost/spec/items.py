"""Items: layers, block calls and structures, with their meta keys.

Path segments are given out here: they depend on the items as written, never on values, so that `--set`
renumbers nothing.
"""

from __future__ import annotations

from functools import partial
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
from archcost.spec.expectations import expected
from archcost.spec.fields import Fields, Slips
from archcost.spec.library import standard_names
from archcost.spec.naming import Around, Names, Numbering
from archcost.spec.pieces import META, Pieces, listed
from archcost.spec.problems import Mistake
from archcost.spec.reader import Entry, Mapping, Scalar, Sequence
from archcost.spec.template import ANY, check_plain, shown
from archcost.suggest import KIND_ALIASES, nearest, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcost.limits import Limits
    from archcost.source import Place
    from archcost.spec.document import Ref
    from archcost.spec.problems import Problems
    from archcost.spec.reader import Tree
    from archcost.spec.template import Template

STRUCTURES = {
    "body": ("body",),
    "repeat": ("repeat", "body", "merge", "collect", "dense", "carry"),
    "branches": ("branches", "merge"),
    "residual": ("residual", "shortcut", "merge"),
}
"""Structure kinds and the keys that belong to each."""

_COMPANIONS = {
    "shortcut": "`residual`",
    "merge": "`branches`, `residual` or `repeat`",
    "collect": "`repeat`",
    "carry": "`repeat`",
}
"""Keys that only go with a structure -> which."""

MERGES = ("add", "concat", "multiply", "max", "average")


class ItemParser(Pieces):
    """Parses sequences of items.

    `standard` fetches a standard block by its name (`squeeze_excite`), or says None.
    """

    def __init__(self, problems: Problems, limits: Limits, standard: Callable[[str], Block | None]) -> None:
        super().__init__(problems, limits)
        self.standard = standard
        self.blocks: dict[str, Block] = {}
        self.blocks_are_complete = True
        """False if some could not be read: an unknown word may then be one of them."""
        self.calls: dict[str, dict[str, Place]] = {}
        """Per block, the blocks it calls and where."""
        self.called: list[Called] = []

    def items(self, node: Tree, around: Around, what: str, names: Names | None = None) -> list[Item]:
        """A sequence. Its names are visible inside it only (`names`, if the caller prepared them)."""
        if not isinstance(node, Sequence):
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

    def _as_list(self, node: Scalar | Mapping) -> str:
        """How to make a list of what is none."""
        if isinstance(node, Mapping) and node.entries and self._is_kind(node.entries[0].key.text):
            return f"it must be a list of items: write `- ` before '{node.entries[0].key.text}'"
        if isinstance(node, Scalar) and isinstance(node.value, str) and self._is_kind(node.value):
            return f"it must be a list of items: [{node.value}]"
        return "it must be a list of items, each beginning with `- `"

    def _item(self, node: Tree, around: Around) -> Item:
        if isinstance(node, Scalar):
            return self._bare(node, around)
        if isinstance(node, Sequence):
            raise Mistake(node.place, "an item is a word or a mapping, not a list; a group is a `body:`")
        node, entry = self._kind(node)
        if entry is None:
            _Meta(self, node, around).declare()
            raise Mistake(node.place, "this item has no kind; name a layer, a block or a structure")
        word = entry.key.text
        node, misplaced = self._mended(node, entry)
        meta = _Meta(self, node, around, misplaced)
        try:
            item = self._make(node, Entry(entry.key, node.get(word) or entry.value), around, meta)
        except Mistake:
            meta.declare()  # so that reading it later is not a second mistake
            raise
        return meta.finish(item)

    def _bare(self, node: Scalar, around: Around) -> Item:
        word = node.value
        if word is None or word == "":
            raise Mistake(node.place, "this item is empty; name a layer, a block or a structure")
        if not isinstance(word, str):
            raise Mistake(node.place, f"an item is a layer, a block or a structure, not {shown(node)}")
        if word in STRUCTURES:
            raise Mistake(node.place, f"{word} holds items: write `{word}:` and list them below it")
        return self._call(word, None, node.place, around, None)

    def _kind(self, node: Mapping) -> tuple[Mapping, Entry | None]:
        """The entry that says what an item is: a structure, else a known word, else one that is no slip.

        A structure that is misspelt is noted; the item comes back with its right name.
        """
        others = [e for e in node.entries if e.key.text not in META]
        entry = next((e for e in others if e.key.text in STRUCTURES and e.key.text != "body"), None)
        known = [e for e in others if self._is_kind(e.key.text)]
        if entry is None and all(e.key.text == "body" for e in known):
            for slip in others:
                if meant := self._misspelt_structure(slip):
                    near = f"unknown kind or block '{slip.key.text}' (did you mean '{meant}'?)"
                    self.problems.add(slip.key.place, near)
                    entry = Entry(slip.key.meaning(meant), slip.value)
                    return node.having([entry if e is slip else e for e in node.entries]), entry
        body = (e for e in known if e.key.text == "body")
        strange = (e for e in others if nearest(e.key.text, META) is None)
        found = entry or next(body, None) or next(iter(known), None) or next(strange, None)
        return node, found or next(iter(others), None)

    def _misspelt_structure(self, entry: Entry) -> str | None:
        """The structure a key is meant to be, if its value is of that form."""
        word, value = entry
        if self._is_kind(word.text) or word.text in _COMPANIONS:
            return None
        meant = nearest(word.text, STRUCTURES, KIND_ALIASES)
        if meant == "branches":
            fits = isinstance(value, Mapping) and any(isinstance(e.value, Sequence) for e in value.entries)
        else:
            fits = isinstance(value, Sequence) or meant == "repeat"
        return meant if fits else None

    def _is_kind(self, word: str) -> bool:
        callable_ = layers.find(word) is not None or word in self.blocks or word.startswith("std/")
        return callable_ or word in STRUCTURES

    def _mended(self, node: Mapping, entry: Entry) -> tuple[Mapping, list[Tree]]:
        """The item with nothing but its kind, what goes with it, and meta keys; the rest is noted.

        With it, what should have been items in the body of a repeat.
        """
        word = entry.key.text
        node = self._hoisted(node, entry)
        allowed = (*STRUCTURES.get(word, (word,)), *META)
        entries = [e for e in node.entries if e.key.text in allowed]
        strays = [e for e in node.entries if e.key.text not in allowed]
        if not self._is_kind(word):  # which is noted; what it takes is not known
            strays = [e for e in strays if nearest(e.key.text, META)]
        fields = self._stray_fields(entry, strays)
        if fields:
            text = f"unknown key '{fields[0].key.text}' beside '{word}'"
            self.problems.add(fields[0].key.place, f"{text}; what belongs to {word} is indented further")
            entries = [Entry(e.key, node.having(fields)) if e.key.text == word else e for e in entries]
        misplaced: list[Tree] = []
        for stray in strays:
            if stray in fields:
                continue
            if why := self._no_companion(stray.key.text, word):
                self.problems.add(stray.key.place, why)
                misplaced += [node.having([stray])] if self._is_kind(stray.key.text) else []
            else:
                entries.append(stray)
        goes = f"; {word} goes with {', '.join(key for key in allowed if key != word)}"
        instead = goes if word in STRUCTURES else f"; a field of {word} stands with its other fields"
        return self.mend(node.having(entries), allowed, f" beside '{word}'", instead), misplaced

    def _hoisted(self, node: Mapping, entry: Entry) -> Mapping:
        """The item with the meta keys that stand among the fields of its layer, where they are noted."""
        if not isinstance(entry.value, Mapping) or layers.find(entry.key.text) is None:
            return node
        inside = [e for e in entry.value.entries if e.key.text in META and node.get(e.key.text) is None]
        if not inside:
            return node
        for one in inside:
            word, key = entry.key.text, one.key.text
            text = f"'{key}' is no field of {word}: it stands beside `{word}:`, not inside it"
            self.problems.add(one.key.place, text)
        fields = entry.value.having([e for e in entry.value.entries if e not in inside])
        kept = [Entry(e.key, fields) if e.key.text == entry.key.text else e for e in node.entries]
        return node.having(kept + inside)

    def _stray_fields(self, entry: Entry, strays: list[Entry]) -> list[Entry]:
        """The fields of a layer that has none, because they are not indented far enough."""
        bare = isinstance(entry.value, Scalar) and entry.value.value is None
        if entry.key.text in STRUCTURES or not bare:
            return []
        return [e for e in strays if not self._is_special(e.key.text)]

    def _is_special(self, key: str) -> bool:
        return self._is_kind(key) or key in _COMPANIONS or nearest(key, META) is not None

    def _no_companion(self, key: str, word: str) -> str | None:
        """Why a key can stand beside no such kind; None if it may be a slip."""
        if self._is_kind(key) and word == "repeat":
            return f"'{key}' stands beside 'repeat'; what is repeated goes into its `body:`"
        if self._is_kind(key):
            return f"an item has one kind, but this one has '{word}' and '{key}'; begin a new item with `- `"
        if key in _COMPANIONS:
            return f"'{key}' goes with {_COMPANIONS[key]}, not with '{word}'"
        return None

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
        return self._call(word, entry.value, place, around, meta)

    # -- layers and blocks ------------------------------------------------------------------------------

    def _call(self, word: str, value: Tree | None, place: Place, around: Around, meta: _Meta | None) -> Item:
        """A layer or a block, by its word."""
        segment = (meta and meta.segment) or around.numbering.word(word.rpartition("/")[2])
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
        if word in META or word in _COMPANIONS:
            with_ = _COMPANIONS.get(word, "a layer, a block or a structure")
            text = f"'{word}' goes with {with_}, in the same item: without a `- ` of its own"
            raise Mistake(place, text)
        if isinstance(value, Scalar) and isinstance(value.value, str) and self._is_kind(value.value):
            text = f"unknown kind or block '{word}'; the kind is the key, its fields are the value"
            raise Mistake(place, f"{text}: `{value.value}: {{...}}`")
        standard = [f"std/{name}" for name in standard_names()]
        known = [*layers.words(), *self.blocks, *STRUCTURES, *standard]
        meant = f"std/{word}" if f"std/{word}" in standard else nearest(word, known, KIND_ALIASES)
        if meant or self.blocks_are_complete:
            near = f" (did you mean '{meant}'?)" if meant else _no_such(word)
            raise Mistake(place, f"unknown kind or block '{word}'{near}")
        return Body(place=place, word=word, items=[])

    def _check_like(self, fields: Fields, around: Around) -> None:
        """A field that names a tap (`like: c3`) must name a visible one."""
        for name, template in fields.templates.items():
            if name in fields.kind.tap_fields:
                self.refs(template.node, around.names, f"{fields.word}: {name}")

    def _arguments(
        self, word: str, block: Block, value: Tree | None, place: Place, around: Around
    ) -> dict[str, Template]:
        self.called.append(Called(word, block, value, place))
        entries = value.entries if isinstance(value, Mapping) else []
        return {entry.key.text: self.template(entry.value, around.variables) for entry in entries}

    # -- structures -------------------------------------------------------------------------------------

    def _inside(self, around: Around, meta: _Meta) -> Around:
        """Around for what stands inside a structure: a named one begins a numbering of its own."""
        numbering = Numbering(self.problems) if meta.segment else around.numbering
        return Around(around.variables, around.names, numbering)

    def _body(self, entry: Entry, around: Around, meta: _Meta) -> Body:
        items = self.items(entry.value, self._inside(around, meta), "body")
        return Body(place=entry.key.place, word="body", items=items)

    def _branches(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Branches:
        inside = self._inside(around, meta)
        branches: list[Branch] = []
        if not isinstance(entry.value, Mapping) or not entry.value.entries:
            text = f"branches is {shown(entry.value)}; it must be a mapping of names to items (left: [relu])"
            self.problems.add(entry.value.place, text)
        for one in entry.value.entries if isinstance(entry.value, Mapping) else ():
            name = one.key.text
            self.check_name(one.key, "branch")
            self.hidden.setdefault(name, "that is a branch, and what is in it is visible only there")
            segment = inside.numbering.name(name, one.key.place)
            branches.append(self._branch(one, segment, f"branch '{name}'", inside))
        if node.get("merge") is None:
            self.problems.add(entry.key.place, f"branches need `merge:`, one of {', '.join(MERGES)}")
        merge = self._merge(node, "merge", "add", entry, inside)
        return Branches(place=entry.key.place, word="branches", branches=branches, merge=merge)

    def _branch(self, entry: Entry, segment: str, label: str, inside: Around) -> Branch:
        """A branch or shortcut: items, or `{when, body}`. What it contains is numbered on its own."""
        node, when = entry.value, None
        around = Around(inside.variables, inside.names, Numbering(self.problems))
        if isinstance(node, Mapping) and not (node.entries and self._is_layer(node.entries[0].key.text)):
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
        return word != "body" and self._is_kind(word)

    def _residual(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Branches:
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

    def _merge(self, node: Mapping, key: str, default: str, entry: Entry, inside: Around) -> MergeSpec:
        """`merge: add`, `merge: {concat: {axis: 1}}`; what is none is noted and taken for the default."""
        value = node.get(key)
        word, place, fields_node = default, entry.key.place, None
        if isinstance(value, Mapping) and len(value.entries) == 1:
            (key_node, fields_node) = value.entries[0]
            word, place = key_node.text, key_node.place
        elif isinstance(value, Scalar) and isinstance(value.value, str):
            word, place = value.value, value.place
        elif value is not None:
            self.problems.add(value.place, f"{key} is {shown(value)}; it must be one of {', '.join(MERGES)}")
        found = layers.find(word)
        if found is None or not issubclass(found[0], Merge):
            near = suggest(word, MERGES, KIND_ALIASES)
            self.problems.add(place, f"{key} is '{word}'; it must be one of {', '.join(MERGES)}{near}")
            found, fields_node = layers.find(default), None
        if found is None:
            raise TypeError(f"{default} is no merge")
        fields = Fields(word, found, place).read(fields_node, inside.variables, self.problems, self.limits)
        return MergeSpec(fields=fields, word=word, place=place, segment=inside.numbering.word(word))

    def _repeat(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Repeat:
        mode = self._mode(node)
        repeat = Repeat(place=entry.key.place, word="repeat", items=[], mode=mode)
        if not meta.segment:
            repeat.segment = around.numbering.repeat()
        variables = around.variables | self._iterations(repeat, entry.value, around)
        if mode == "carry":
            repeat.carry = self.name_list(node.get("carry"), "carry")
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

    def _mode(self, node: Mapping) -> str:
        modes = [e.key for e in node.entries if e.key.text in ("merge", "collect", "dense", "carry")]
        if len(modes) > 1:
            both = f"{modes[0].text} and {modes[1].text}"
            text = f"repeat takes one of merge, collect, dense and carry, not both {both}"
            self.problems.add(modes[1].place, text)
        return modes[0].text if modes else "chain"

    def _iterations(self, repeat: Repeat, node: Tree, around: Around) -> frozenset[str]:
        """Read what a repeat steps through; the names of its loop variables."""
        if isinstance(node, Mapping):
            return self._columns(repeat, node, around)
        if isinstance(node, Sequence) and node.items:
            return self._rows(repeat, node.items, around)
        repeat.count = count = self.template(node, around.variables)
        if not count.waits:
            self.problems.attempt(lambda: count.count({}, "the count"))
        return frozenset()

    def _columns(self, repeat: Repeat, node: Mapping, around: Around) -> frozenset[str]:
        if not node.entries:
            text = "repeat names no variable; write a count, or {variable: values}"
            self.problems.add(node.place, text)
        self._check_loop_variables(node, around)
        for key, value in node.entries:
            column = repeat.columns[key.text] = self.value(value, around.variables, f"repeat: {key.text}")
            if isinstance(value, Scalar) and value.value is not None and not column.waits:
                self.problems.attempt(lambda one=column, name=key.text: one.count({}, name))
        return frozenset(repeat.columns)

    def _rows(self, repeat: Repeat, nodes: list[Tree], around: Around) -> frozenset[str]:
        rows = [row for row in nodes if isinstance(row, Mapping)]
        if not rows:
            text = "repeat lists values without a name for them; write {width: [64, 128]}"
            self.problems.add(nodes[0].place, text)
            return frozenset({ANY})
        self._check_loop_variables(rows[0], around)
        keys = [entry.key.text for entry in rows[0].entries]
        for node in nodes:
            if not isinstance(node, Mapping):
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

    def _check_row(self, row: Mapping, keys: list[str]) -> None:
        """Every row has the keys of the first."""
        lacks = [key for key in keys if row.get(key) is None]
        if lacks:
            text = f"this row has no {listed(lacks)}; every row of a repeat has the keys of the first"
            self.problems.add(row.place, text)
        for entry in row.entries:
            if entry.key.text not in keys and not lacks:
                text = f"'{entry.key.text}' is not in the first row; every row of a repeat has the same keys"
                self.problems.add(entry.key.place, text)

    def _check_loop_variables(self, node: Mapping, around: Around) -> None:
        for entry in node.entries:
            if self.check_variable(entry.key, "loop variable") and entry.key.text in around.variables:
                text = f"loop variable '{entry.key.text}' is already a variable here; choose another name"
                self.problems.add(entry.key.place, text)


class Called(NamedTuple):
    """One call of a block, to be checked once all blocks are known."""

    word: str
    block: Block
    value: Tree | None
    place: Place

    def check(self, problems: Problems) -> None:
        """Every argument is a parameter, and every required parameter is given."""
        known = self.block.parameters
        entries: list[Entry] = []
        if isinstance(self.value, Mapping):
            entries = self.value.entries
        elif self.value is not None and not (isinstance(self.value, Scalar) and self.value.value is None):
            problems.add(self.value.place, self._no_mapping(self.value))
            return
        slips = Slips(known, entries, {})
        takes = f"; it takes {', '.join(known)}" if known else "; it takes none"
        for entry, near in slips.found:
            beside = f"; it stands beside `{self.word}:`, not inside it" if entry.key.text in META else ""
            text = f"{self.word}: unknown parameter '{entry.key.text}'{beside or near or takes}"
            problems.add(entry.key.place, text)
        for entry in entries:
            if entry.key.text in known:
                what = f"{self.word}: {entry.key.text}"
                problems.attempt(partial(check_plain, entry.value, what))
        given = {entry.key.text for entry in entries}
        needed = (name for name, p in known.items() if p.default is None and name not in given)
        if missing := slips.missing(needed):
            problems.add(self.place, f"{self.word}: needs {listed(missing)}")

    def _no_mapping(self, node: Tree) -> str:
        first = next(iter(self.block.parameters), None)
        if first is None:
            return f"{self.word}: takes no parameters; write it bare: `- {self.word}`"
        text = node.text if isinstance(node, Scalar) and node.text else "…"
        return f"{self.word}: its parameters are a mapping, such as {{{first}: {text}}}"


def _announce(nodes: list[Tree], names: Names) -> None:
    """Note the names of a sequence before its items are read, for whoever reads one too early."""
    for item in nodes:
        name = item.get("name") if isinstance(item, Mapping) else None
        if isinstance(name, Scalar):
            names.announce(name.text, name.place)


def _no_such(word: str) -> str:
    if word.startswith("std/"):
        return "; `archcost zoo --blocks` lists the standard blocks"
    return "; a layer archcost does not know can be declared with `custom`"


class _Meta:
    """The meta keys of one item, read before the item itself is made and put into it afterwards."""

    def __init__(
        self, parser: ItemParser, node: Mapping, around: Around, misplaced: list[Tree] | None = None
    ) -> None:
        self._parser = parser
        self._around = around
        self.misplaced = misplaced or []
        """Items beside a repeat that belong into its body (which was noted)."""
        self.name: str | None = None
        self.segment: str | None = None
        self._name_place = node.place
        if (name := node.get("name")) is not None:
            self._read_name(name)
        self._reads: tuple[Ref, ...] = ()
        if (reads := node.get("from")) is not None:
            self._reads = parser.refs(reads, around.names, "from")
        when = node.get("when")
        self._when = None if when is None else parser.when(when, around.variables)
        self._share = self._word(node.get("share"), "share")
        self._expect = dict(self._expectations(node.get("expect")))
        parser.text(node, "note")
        _check_weights(node.get("weights"), parser)

    def _read_name(self, node: Tree) -> None:
        self._name_place = node.place
        self.name = self._word(node, "name")
        if self.name is not None:
            self.segment = self._around.numbering.name(self.name, node.place)

    def _word(self, node: Tree | None, what: str) -> str | None:
        if isinstance(node, Scalar):
            return node.text if self._parser.check_name(node, what) else None
        if node is not None:
            self._parser.problems.add(node.place, f"{what} is {shown(node)}; it must be a word")
        return None

    def _expectations(self, node: Tree | None) -> Iterable[tuple[str, tuple[Template, Place]]]:
        parser = self._parser
        mapping = None if node is None else parser.as_mapping(node, "expect", "shape: [64, 56, 56]")
        if mapping is None:
            return
        known = "; it knows " + ", ".join(EXPECT)
        for key, value in parser.mend(mapping, EXPECT, " in expect", known).entries:
            template = parser.template(value, self._around.variables)
            if not template.waits:
                parser.problems.attempt(lambda what=key.text, one=template: expected(what, one, {}))
            yield key.text, (template, value.place)

    def finish(self, item: Item) -> Item:
        """Put the meta keys into the item, and let its name be read from here on."""
        item.name = self.name
        item.segment = self.segment or item.segment
        item.reads, item.when, item.share, item.expect = self._reads, self._when, self._share, self._expect
        self.declare()
        return item

    def declare(self) -> None:
        """Let the item's name be read from here on."""
        if self.name is None:
            return
        if why := self._around.names.add(self.name, self._name_place):
            self._parser.problems.add(self._name_place, why)
        why_not = f"the one on line {self._name_place.line} is visible only in its own list of items"
        self._parser.hidden.setdefault(self.name, why_not)


def _check_weights(node: Tree | None, parser: ItemParser) -> None:
    """Weights are numbers by name, or a file."""
    if node is None or (isinstance(node, Scalar) and str(node.value).endswith(".npz")):
        return
    if isinstance(node, Mapping) and node.entries:
        for entry in node.entries:
            parser.problems.attempt(lambda one=entry: _check_numbers(one.value, f"weights: {one.key.text}"))
        return
    wanted = "it must be named lists of numbers, or an .npz file beside the spec"
    parser.problems.add(node.place, f"weights is {shown(node)}; {wanted}")


def _check_numbers(node: Tree, what: str) -> None:
    if isinstance(node, Sequence) and node.items:
        for one in node.items:
            _check_numbers(one, what)
    elif not isinstance(node, Scalar) or isinstance(node.value, (str, bool)) or node.value is None:
        raise Mistake(node.place, f"{what} has {shown(node)}; it must hold numbers alone")
