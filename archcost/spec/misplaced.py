"""Which entry says what an item is, and what to make of the entries that do not belong to it.

What is out of place is reported once and then put where it was meant to be, so that everything else in the
item can still be checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost import foreign, layers
from archcost.spec.keywords import COMPANIONS, META, STRUCTURES
from archcost.spec.yaml_reader import KeyValue, MappingNode, ScalarNode, SequenceNode, is_empty
from archcost.words.suggest import meant, nearest

if TYPE_CHECKING:
    from archcost.spec.block_table import BlockTable
    from archcost.spec.checks import Checks
    from archcost.spec.yaml_reader import Tree

_BESIDE = {
    "repeat": ("body", "merge", "collect", "dense", "carry"),
    "branches": ("merge",),
    "residual": ("shortcut", "merge"),
}
"""Structure kinds -> keys that stand beside them, and are often written below."""

_COUNTS = ("times", "count", "n", "number", "num", "repeat", "repeats")


class Mender:
    """Finds the kind of an item and mends the item around it."""

    def __init__(self, checks: Checks, blocks: BlockTable) -> None:
        self._checks = checks
        self._problems = checks.problems
        self._is_kind = blocks.is_kind

    def find_kind(self, node: MappingNode) -> tuple[MappingNode, KeyValue | None]:
        """The entry that says what an item is: a structure, else a known word, else one that is no slip.

        A structure that is misspelt is noted; the item comes back with its right name.
        """
        others = [e for e in node.entries if e.key.text not in META]
        entry = next((e for e in others if e.key.text in STRUCTURES and e.key.text != "body"), None)
        known = [e for e in others if self._is_kind(e.key.text)]
        if entry is None and all(e.key.text == "body" for e in known):
            for slip in others:
                if structure := self._misspelt_structure(slip):
                    near = f"unknown kind or block '{slip.key.text}' (did you mean '{structure}'?)"
                    self._problems.add(slip.key.place, near)
                    entry = KeyValue(slip.key.meaning(structure), slip.value)
                    return node.with_entries([entry if e is slip else e for e in node.entries]), entry
        body = (e for e in known if e.key.text == "body")
        strange = (e for e in others if nearest(e.key.text, META) is None)
        found = entry or next(body, None) or next(iter(known), None) or next(strange, None)
        return node, found or next(iter(others), None)

    def _misspelt_structure(self, entry: KeyValue) -> str | None:
        """The structure a key is meant to be, if its value is of that form."""
        word, value = entry
        if self._is_kind(word.text) or word.text in COMPANIONS:
            return None
        structure = meant(word.text, STRUCTURES, foreign.layers.KINDS)
        if structure == "branches":
            fits = isinstance(value, MappingNode) and any(
                isinstance(e.value, SequenceNode) for e in value.entries
            )
        else:
            fits = isinstance(value, SequenceNode) or structure == "repeat"
        return structure if fits else None

    def mended(self, node: MappingNode, entry: KeyValue) -> tuple[MappingNode, list[Tree]]:
        """The item with nothing but its kind, what goes with it, and meta keys; the rest is noted.

        With it, what should have been items in the body of a repeat.
        """
        word = entry.key.text
        node = self._raised(self._hoisted(node, entry), entry)
        allowed = (*STRUCTURES.get(word, (word,)), *META)
        entries = [e for e in node.entries if e.key.text in allowed]
        strays = [e for e in node.entries if e.key.text not in allowed]
        if not strays:
            return node, []
        if not self._is_kind(word):  # which is noted; what it takes is not known
            strays = [e for e in strays if nearest(e.key.text, META)]
        fields = self._stray_fields(entry, strays)
        if fields:
            text = f"unknown key '{fields[0].key.text}' beside '{word}'"
            self._problems.add(fields[0].key.place, f"{text}; what belongs to {word} is indented further")
            entries = [
                KeyValue(e.key, node.with_entries(fields)) if e.key.text == word else e for e in entries
            ]
        misplaced: list[Tree] = []
        for stray in strays:
            if stray in fields:
                continue
            if why := self._no_companion(stray.key.text, word):
                self._problems.add(stray.key.place, why)
                misplaced += [node.with_entries([stray])] if self._is_kind(stray.key.text) else []
            else:
                entries.append(stray)
        goes = f"; {word} goes with {', '.join(key for key in allowed if key != word)}"
        instead = goes if word in STRUCTURES else f"; a field of {word} stands with its other fields"
        return self._checks.mend(node.with_entries(entries), allowed, f" beside '{word}'", instead), misplaced

    def _hoisted(self, node: MappingNode, entry: KeyValue) -> MappingNode:
        """The item with the meta keys that stand among the fields of its layer, where they are noted."""
        if not isinstance(entry.value, MappingNode) or layers.find_item(entry.key.text) is None:
            return node
        inside = [e for e in entry.value.entries if e.key.text in META and node.get(e.key.text) is None]
        if not inside:
            return node
        for one in inside:
            word, key = entry.key.text, one.key.text
            text = f"'{key}' is no field of {word}: it stands beside `{word}:`, not inside it"
            self._problems.add(one.key.place, text)
        fields = entry.value.with_entries([e for e in entry.value.entries if e not in inside])
        kept = [KeyValue(e.key, fields) if e.key.text == entry.key.text else e for e in node.entries]
        return node.with_entries(kept + inside)

    def _raised(self, node: MappingNode, entry: KeyValue) -> MappingNode:
        """The item with what stands under its structure but belongs beside it, where it is noted."""
        word, value = entry.key.text, entry.value
        if not isinstance(value, MappingNode) or word not in _BESIDE:
            return node
        inside = [e for e in value.entries if e.key.text in _BESIDE[word] and node.get(e.key.text) is None]
        if not inside:
            return node
        left = [e for e in value.entries if e not in inside]
        alone = left[0] if len(left) == 1 else None
        own: Tree = value.with_entries(left)
        text = f"`{inside[0].key.text}:` stands beside `{word}:`, in the same column, not under it"
        if alone and word == "repeat" and alone.key.text in _COUNTS:
            own = alone.value
            shown = own.text if isinstance(own, ScalarNode) else "…"
            text += f": `repeat: {shown}` in one line, `body:` below it"
        elif alone and word != "repeat" and alone.key.text == "body":
            own = alone.value
            text += ", and the items follow `residual:` without `body:`"
        self._problems.add(inside[0].key.place, text)
        return node.with_entries(
            [KeyValue(e.key, own) if e.key.text == word else e for e in node.entries] + inside
        )

    def _stray_fields(self, entry: KeyValue, strays: list[KeyValue]) -> list[KeyValue]:
        """The fields of a layer that has none, because they are not indented far enough."""
        bare = is_empty(entry.value)
        if bare and entry.key.text == "branches":
            return [e for e in strays if not isinstance(e.value, ScalarNode)]
        if entry.key.text in STRUCTURES or not bare:
            return []
        keys = [(e, e.key.text) for e in strays if e.key.text != "pop"]
        return [e for e, key in keys if not (self._is_kind(key) or key in COMPANIONS or nearest(key, META))]

    def _no_companion(self, key: str, word: str) -> str | None:
        """Why a key can stand beside no such kind; None if it may be a slip."""
        if self._is_kind(key) and word == "repeat":
            return f"'{key}' stands beside 'repeat'; what is repeated goes into its `body:`"
        if self._is_kind(key):
            return f"an item has one kind, but this one has '{word}' and '{key}'; begin a new item with `- `"
        if key == "pop":
            return (
                "'pop' is no key: what was pushed stands under `from`, as in `from: [previous, pop(skips)]`"
            )
        if key in COMPANIONS:
            return f"'{key}' goes with {COMPANIONS[key]}, not with '{word}'"
        return None
