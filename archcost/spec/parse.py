"""From data with places to items: what stands where, under which names, and everything wrong with that.

Nothing is expanded here, so blocks that are never used are checked as well. Path segments are given out
here too: they depend on the items as written, never on values, so that `--set` renumbers nothing.
"""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from archcost import layers
from archcost.expressions import RESERVED
from archcost.layers.base import Merge
from archcost.spec.document import (
    Block,
    BlockCall,
    Body,
    Branch,
    Branches,
    Document,
    Item,
    LayerItem,
    MergeSpec,
    Parameter,
    Ref,
    Repeat,
)
from archcost.spec.expectations import KEYS as EXPECT
from archcost.spec.fields import Fields
from archcost.spec.problems import Mistake
from archcost.spec.reader import Mapping, Scalar, Sequence
from archcost.spec.template import Template
from archcost.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from archcost.limits import Limits
    from archcost.source import Place
    from archcost.spec.problems import Problems
    from archcost.spec.reader import Entry, Tree

IN_NAMES = ("in_channels", "in_length", "in_height", "in_width", "in_depth")
"""What every expression inside the layers knows about the tensor that arrives."""

META = ("name", "from", "when", "expect", "note", "share", "weights")
STRUCTURES = {
    "body": ("body",),
    "repeat": ("repeat", "body", "merge", "collect", "dense", "carry"),
    "branches": ("branches", "merge"),
    "residual": ("residual", "shortcut", "merge"),
}
"""Structure kinds and the keys that belong to each."""

LIBRARY_KEYS = ("archcost", "name", "note", "include", "blocks")
"""What a file that is included may hold."""

_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REF = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class Numbering:
    """The path segments given out below one prefix; each is unique there."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._seen: dict[str, int] = {}
        self._named: dict[str, Place] = {}
        self._generated: dict[str, str] = {}

    def word(self, word: str) -> str:
        """The segment of an unnamed item: its word, or `word_2` for a later sibling."""
        segment = self._next(word)
        self._generated[segment] = word
        if segment in self._named:
            self._clash(segment)
        return segment

    def name(self, name: str, place: Place) -> str:
        """The segment of a named item: its name (`name_2` if a sibling scope used it already)."""
        segment = self._next(f"\0{name}").removeprefix("\0")
        self._named[segment] = place
        if segment in self._generated:
            self._clash(segment)
        return segment

    def repeat(self) -> str | None:
        """What an unnamed repeat adds before its index: nothing, but a second one `repeat_2`."""
        return None if self._next("\0repeat\0") == "\0repeat\0" else self.word("repeat")

    def _next(self, key: str) -> str:
        count = self._seen[key] = self._seen.get(key, 0) + 1
        return key if count == 1 else f"{key}_{count}"

    def _clash(self, segment: str) -> None:
        word = self._generated[segment]
        self._problems.add(
            self._named[segment],
            f"name '{segment}' is also the path of an unnamed '{word}' beside it; choose another name",
        )


class Names:
    """The taps visible at one point of a sequence: its own so far, and those around it."""

    def __init__(self, outer: Names | None = None, given: Iterable[str] = (), again: Iterable[str] = ()) -> None:
        """`given` names are there from the start; `again` too, and items of this sequence may renew them."""
        self._outer = outer
        self._again = frozenset(again)
        self._own: dict[str, Place | None] = dict.fromkeys((*given, *self._again))

    def visible(self) -> list[str]:
        """Every name that can be read here."""
        return [*self._own, *(self._outer.visible() if self._outer else ())]

    def find(self, name: str) -> bool:
        """Whether a name can be read here."""
        return name in self._own or (self._outer is not None and self._outer.find(name))

    def add(self, name: str, place: Place) -> str | None:
        """Let a name be read from here on; the reason if it may not be used."""
        if name in self._again:
            return None
        if self.find(name):
            before = self._place_of(name)
            where = f"line {before.line}" if before else "an input"
            return f"name '{name}' is already taken ({where}); a name may not repeat or hide another"
        self._own[name] = place
        return None

    def _place_of(self, name: str) -> Place | None:
        if name in self._own:
            return self._own[name]
        return self._outer._place_of(name) if self._outer else None  # noqa: SLF001 - the same class


class Around:
    """What an item sees of its surroundings: variables, taps, and the numbering of its path."""

    __slots__ = ("names", "numbering", "variables")

    def __init__(self, variables: frozenset[str], names: Names, numbering: Numbering) -> None:
        self.variables = variables
        self.names = names
        self.numbering = numbering


class Parser:
    """Parses one spec; mistakes go to `problems`.

    `standard` fetches a standard block by its name (`squeeze_excite`), or says None.
    """

    def __init__(self, problems: Problems, limits: Limits, standard: Callable[[str], Block | None]) -> None:
        self.problems = problems
        self.limits = limits
        self.standard = standard
        self.blocks: dict[str, Block] = {}
        self.calls: dict[str, dict[str, Place]] = {}
        self._in_block: str | None = None
        self._called: list[_Called] = []

    # -- the document -----------------------------------------------------------------------------------

    def document(self, root: Mapping, included: Iterable[Mapping] = ()) -> Document:
        """The whole spec. `included` are the `blocks:` mappings of the files it includes."""
        known = ("archcost", "name", "note", "vars", "variants", "include", "input", "blocks", "layers", "outputs")
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
        items = self._items(layers_node, around, "layers", taps) if layers_node is not None else []
        self._check_calls()
        outputs = self._refs(root.get("outputs"), taps, "outputs") if root.get("outputs") is not None else ()
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

    def version(self, root: Mapping) -> None:
        """Refuse languages we do not speak."""
        node = root.get("archcost")
        if node is not None and not (isinstance(node, Scalar) and node.value == 1 and node.value is not True):
            text = node.text if isinstance(node, Scalar) else "no number"
            self.problems.add(node.place, f"archcost: {text} is no version of the language; write `archcost: 1`")

    def check_keys(self, node: Mapping, known: Collection[str], required: Collection[str], what: str) -> None:
        present = {entry.key.text for entry in node.entries}
        for entry in node.entries:
            if entry.key.text not in known:
                near = suggest(entry.key.text, known) or f"; {what} has {', '.join(known)}"
                self.problems.add(entry.key.place, f"unknown key '{entry.key.text}'{near}")
        missing = [f"'{key}'" for key in required if key not in present]
        if missing:
            self.problems.add(node.place, f"{what} needs {' and '.join(missing)}")
        if "archcost" in known:
            self.version(node)

    def as_mapping(self, node: Tree, what: str) -> Mapping | None:
        if isinstance(node, Mapping):
            return node
        self.problems.add(node.place, f"{what} must be a mapping (name: value)")
        return None

    def _variables(self, node: Tree | None) -> dict[str, Template]:
        if node is None or (mapping := self.as_mapping(node, "vars")) is None:
            return {}
        names = frozenset(entry.key.text for entry in mapping.entries)
        variables: dict[str, Template] = {}
        for entry in mapping.entries:
            self._check_variable(entry.key, "variable")
            variables[entry.key.text] = self._template(entry.value, names)
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
                o.key.text: self._template(o.value, names) for o in (overrides.entries if overrides else ())
            }
        return variants

    def _inputs(self, node: Tree | None, names: frozenset[str]) -> dict[str, Template]:
        if node is None:
            return {}
        if isinstance(node, Mapping):
            for entry in node.entries:
                self._check_name(entry.key, "input")
            if not node.entries:
                self.problems.add(node.place, "input names no tensor; write [channels, height, width]")
            return {entry.key.text: self._template(entry.value, names) for entry in node.entries}
        return {"input": self._template(node, names)}

    def _check_variable(self, key: Scalar, what: str) -> bool:
        if not _VARIABLE.fullmatch(key.text):
            self.problems.add(key.place, f"{what} '{key.text}' must be a word of letters, digits and _")
            return False
        if key.text in RESERVED:
            self.problems.add(key.place, f"{what} may not be called '{key.text}': expressions use that word")
            return False
        return True

    def _check_name(self, key: Scalar, what: str) -> bool:
        if isinstance(key.value, str) and _NAME.fullmatch(key.text):
            return True
        if isinstance(key.value, str):
            text = f"{what} '{key.text}' must be letters, digits, _ and -, with at least one letter"
        else:
            text = f"{what} {key.text} reads as a number or constant; it needs a letter, and quotes: '{key.text}'"
        self.problems.add(key.place, text)
        return False

    def _template(self, node: Tree, known: Collection[str]) -> Template:
        return Template(node, known, self.problems, self.limits)

    def library(self, root: Mapping) -> dict[str, Block]:
        """The blocks of a file that has nothing else: a standard block and its helpers."""
        self.check_keys(root, LIBRARY_KEYS, required=("blocks",), what="a file of blocks")
        if (node := root.get("blocks")) is not None and (mapping := self.as_mapping(node, "blocks")):
            self._declare_blocks(mapping)
            self._define_blocks(mapping, frozenset(), sees=False)
        self._check_calls()
        return self.blocks

    # -- blocks -----------------------------------------------------------------------------------------

    def _declare_blocks(self, mapping: Mapping) -> None:
        for entry in mapping.entries:
            name = entry.key.text
            if not self._check_name(entry.key, "block"):
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
            if block is not None and block.place is entry.key.place:
                block.sees_variables = sees
                self._define(block, entry.value, variables)

    def _define(self, block: Block, node: Tree, variables: frozenset[str]) -> None:
        if (mapping := self.as_mapping(node, f"block '{block.name}'")) is None:
            return
        self.check_keys(mapping, ("params", "inputs", "outputs", "body", "note"), ("body",), f"block '{block.name}'")
        known = variables | frozenset(IN_NAMES)
        params = mapping.get("params")
        for entry in self._entries(params, "params"):
            default = None
            if not (isinstance(entry.value, Scalar) and entry.value.value == "required"):
                default = self._template(entry.value, known | frozenset(block.parameters))
            if self._check_variable(entry.key, "parameter"):
                block.parameters[entry.key.text] = Parameter(
                    name=entry.key.text, default=default, place=entry.key.place
                )
        block.inputs = self._name_list(mapping.get("inputs"), "inputs")
        names = Names(None, ["input"], again=block.inputs)
        around = Around(known | frozenset(block.parameters), names, Numbering(self.problems))
        self._in_block = block.name
        self.calls.setdefault(block.name, {})
        if (body := mapping.get("body")) is not None:
            block.items = self._items(body, around, "body", names)
        self._in_block = None
        if (outputs := mapping.get("outputs")) is not None:
            block.outputs = self._refs(outputs, names, "outputs")

    def _entries(self, node: Tree | None, what: str) -> list[Entry]:
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        mapping = self.as_mapping(node, what)
        return list(mapping.entries) if mapping else []

    def _name_list(self, node: Tree | None, what: str) -> tuple[str, ...]:
        if node is None:
            return ()
        if not isinstance(node, Sequence) or not node.items:
            self.problems.add(node.place, f"{what} must be a list of names")
            return ()
        names: list[str] = []
        for item in node.items:
            if not isinstance(item, Scalar):
                self.problems.add(item.place, f"{what} must be a list of names")
            elif self._check_name(item, "name"):
                if item.text in names:
                    self.problems.add(item.place, f"{what} lists '{item.text}' twice")
                names.append(item.text)
        return tuple(names)

    def _refs(self, node: Tree, names: Names, what: str) -> tuple[Ref, ...]:
        nodes = node.items if isinstance(node, Sequence) else [node]
        refs: list[Ref] = []
        if not nodes:
            self.problems.add(node.place, f"{what} is empty; name a tap")
        for one in nodes:
            if not isinstance(one, Scalar) or not isinstance(one.value, str) or not _REF.fullmatch(one.text):
                shown = f" {one.text}" if isinstance(one, Scalar) and one.text else ""
                self.problems.add(one.place, f"{what}{shown} must be the name of an item (or a list of names)")
                continue
            ref = Ref(one.text, one.place)
            if names.find(ref.head):
                refs.append(ref)
            else:
                self.problems.add(one.place, f"no item named '{ref.head}' is visible here{self._hint(ref, names)}")
        return tuple(refs)

    def _hint(self, ref: Ref, names: Names) -> str:
        return suggest(ref.head, names.visible()) or "; give an earlier item `name: " + ref.head + "`"

    # -- items ------------------------------------------------------------------------------------------

    def _items(self, node: Tree, around: Around, what: str, names: Names | None = None) -> list[Item]:
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
                raise Mistake(entry.key.place, f"an item has one kind, but this one has '{structure}' and '{key}'")
            near = suggest(key, [*allowed, *META]) or f"; {structure} goes with {', '.join((*allowed[1:], *META))}"
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
        if self._in_block and word in self.blocks:
            self.calls[self._in_block].setdefault(word, place)
        arguments = self._arguments(word, block, value, place, around)
        return BlockCall(place=place, word=word, segment=segment, name=name, block=block, arguments=arguments)

    def _check_like(self, fields: Fields, around: Around) -> None:
        """A field that names a tap (`like: c3`) must name a visible one."""
        for name, template in fields.templates.items():
            if name in fields.kind.tap_fields:
                self._refs(template.node, around.names, f"{fields.word}: {name}")

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
            arguments[entry.key.text] = self._template(entry.value, around.variables)
        self._called.append(_Called(word, block, {e.key.text: e.key.place for e in entries}, place))
        return arguments

    def _check_calls(self) -> None:
        """Whether every call fits its block, and no block calls itself: only now are all blocks known."""
        for call in self._called:
            call.check(self.problems)
        try:
            TopologicalSorter({name: list(callees) for name, callees in self.calls.items()}).prepare()
        except CycleError as error:
            # The cycle comes callee first; said in the order of the calls it reads a -> b -> a.
            cycle: list[str] = error.args[1][::-1]
            place = self.calls[cycle[0]][cycle[1]]
            text = f"block '{cycle[0]}' calls itself: {' → '.join(cycle)}; a spec has no recursion"
            self.problems.add(place, text)

    # -- structures -------------------------------------------------------------------------------------

    def _inside(self, around: Around, meta: _Meta, variables: Iterable[str] = ()) -> Around:
        """Around for what stands inside a structure: a named one begins a numbering of its own."""
        numbering = Numbering(self.problems) if meta.segment else around.numbering
        return Around(around.variables | frozenset(variables), around.names, numbering)

    def _body(self, entry: Entry, around: Around, meta: _Meta) -> Body:
        items = self._items(entry.value, self._inside(around, meta), "body")
        return Body(place=entry.key.place, word="body", items=items)

    def _branches(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Branches:
        inside = self._inside(around, meta)
        branches: list[Branch] = []
        if not isinstance(entry.value, Mapping) or not entry.value.entries:
            raise Mistake(entry.value.place, "branches is a mapping of names to branches (name: [items])")
        for one in entry.value.entries:
            self._check_name(one.key, "branch")
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
                    advice = suggest(one.key.text, ("when", "body")) or "; it is a list of items, or {when, body}"
                    raise Mistake(one.key.place, text + advice)
            if (condition := node.get("when")) is not None:
                when = self._template(condition, inside.variables)
            body = node.get("body")
            if body is None:
                raise Mistake(node.place, f"{label} has no `body`; write `body: []` for the identity")
            node = body
        items = self._items(node, around, label)
        return Branch(label=label, segment=segment, items=items, when=when, place=entry.key.place)

    def _residual(self, node: Mapping, entry: Entry, around: Around, meta: _Meta) -> Branches:
        inside = self._inside(around, meta)
        body = Branch(
            label="the body",
            segment="",
            items=self._items(entry.value, inside, "residual"),
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
            word, place, fields_node = value.entries[0].key.text, value.entries[0].key.place, value.entries[0].value
        elif isinstance(value, Scalar) and isinstance(value.value, str):
            word, place = value.value, value.place
        elif value is not None:
            raise Mistake(value.place, f"{key} is add, concat, multiply, max or average")
        found = layers.find(word)
        if found is None or not issubclass(found[0], Merge):
            merges = ("add", "concat", "multiply", "max", "average")
            raise Mistake(place, f"{key} '{word}' joins nothing{suggest(word, merges) or '; use ' + ', '.join(merges)}")
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
            repeat.carry = self._name_list(node.get("carry"), "carry")
        variables = around.variables | {*repeat.columns, *(repeat.rows[0] if repeat.rows else ())}
        names = Names(around.names, again=repeat.carry)
        inside = Around(variables, names, Numbering(self.problems))
        repeat.items = self._items(body, inside, "body", names)
        if mode == "dense":
            repeat.merge = self._merge(node, mode, "concat", entry, inside)
        elif mode in ("merge", "collect"):
            own = meta.segment or repeat.segment
            numbering = Numbering(self.problems) if own else around.numbering
            repeat.merge = self._merge(node, mode, "concat", entry, Around(around.variables, names, numbering))
        return repeat

    def _iterations(self, repeat: Repeat, node: Tree, around: Around) -> None:
        if isinstance(node, Mapping):
            repeat.columns = self._row(node, around, fresh=True)
            if not repeat.columns:
                raise Mistake(node.place, "repeat names no variable; write a count, or {variable: values}")
        elif isinstance(node, Sequence):
            for row in node.items:
                if not isinstance(row, Mapping):
                    raise Mistake(row.place, "each row of a repeat is a mapping of its variables ({t: 1, c: 16})")
                repeat.rows.append(self._row(row, around, fresh=not repeat.rows))
                if set(repeat.rows[-1]) != set(repeat.rows[0]):
                    keys = ", ".join(repeat.rows[0])
                    raise Mistake(row.place, f"every row of a repeat has the same keys; the first has {keys}")
            if not node.items:
                repeat.count = self._template(node, ())
        else:
            repeat.count = self._template(node, around.variables)

    def _row(self, node: Mapping, around: Around, *, fresh: bool) -> dict[str, Template]:
        for entry in node.entries if fresh else ():
            if self._check_variable(entry.key, "loop variable") and entry.key.text in around.variables:
                text = f"loop variable '{entry.key.text}' is already a variable here; choose another name"
                self.problems.add(entry.key.place, text)
        return {e.key.text: self._template(e.value, around.variables) for e in node.entries}


class _Called(NamedTuple):
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

    def __init__(self, parser: Parser, node: Mapping, around: Around) -> None:
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
        elif self._parser._check_name(node, "name"):  # noqa: SLF001 - a part of the parser
            self.name = node.text
            self.segment = self._around.numbering.name(node.text, node.place)

    def finish(self, item: Item) -> Item:
        """Put the meta keys into the item, and let its name be read from here on."""
        parser, node, around = self._parser, self._node, self._around
        item.name = self.name
        item.segment = self.segment or item.segment
        if (reads := node.get("from")) is not None:
            item.reads = parser._refs(reads, around.names, "from")  # noqa: SLF001
        if (when := node.get("when")) is not None:
            item.when = parser._template(when, around.variables)  # noqa: SLF001
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
        named = isinstance(node, Mapping) and all(isinstance(e.value, (Sequence, Scalar)) for e in node.entries)
        if node is None or named or (isinstance(node, Scalar) and str(node.value).endswith(".npz")):
            return
        self._parser.problems.add(node.place, "weights are named lists of numbers, or an .npz file beside the spec")

    def _share(self, node: Tree) -> str | None:
        if isinstance(node, Scalar) and self._parser._check_name(node, "share"):  # noqa: SLF001
            return node.text
        if not isinstance(node, Scalar):
            self._parser.problems.add(node.place, "share must be a word")
        return None

    def _expect(self, item: Item, node: Tree | None) -> None:
        if node is None:
            return
        parser = self._parser
        mapping = parser.as_mapping(node, "expect")  # noqa: SLF001
        for entry in mapping.entries if mapping else ():
            if entry.key.text not in EXPECT:
                near = suggest(entry.key.text, EXPECT) or "; it knows " + ", ".join(EXPECT)
                parser.problems.add(entry.key.place, f"expect: unknown key '{entry.key.text}'{near}")
                continue
            template = parser._template(entry.value, self._around.variables)  # noqa: SLF001
            item.expect[entry.key.text] = (template, entry.value.place)
