"""What to write instead of what is no item: a word that is no kind, a list, fields without a dash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcost.spec import foreign_layers
from archcost.spec.keywords import COMPANIONS, META, STRUCTURES
from archcost.spec.unknown_words import kind_tail, no_kind
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from archcost.spec.block_table import BlockTable
    from archcost.spec.yaml_reader import Tree

_TIGHT = r"([A-Za-z_][\w./-]*):(\S.*)"
"""`conv:8` is one word."""


def no_kind_or_block(word: str, value: Tree | None, blocks: BlockTable) -> str | None:
    """What to say of a word with something below it; None if it may be a block that could not be read."""
    unknown = f"unknown kind or block '{word}'"
    given = (value and value.word()) or ""
    if why := _no_word(word):
        return why
    if meant := given if blocks.is_kind(given) else foreign_layers.kind_of(given):
        return f"{unknown}; the kind is the key, its fields are the value: `{meant}: {{...}}`"
    if why := _as_a_call(word, given, blocks):
        return why
    instead = kind_tail(word, STRUCTURES, blocks.own)
    if not instead and (named := _named(word, value, blocks)):
        return f"{unknown}; a name stands beside its kind: {named}"
    is_certain = blocks.are_complete or "did you mean" in instead
    return f"{unknown}{instead or no_kind(word)}" if is_certain else None


def _no_word(word: str) -> str | None:
    """What to say of an expression, and of a key that goes with a kind."""
    if word.startswith("$"):
        instead = f"`activation: {{function: {word}}}` or `when` can choose"
        return f"an item's kind cannot be computed ({word}); {instead}"
    if word in META or word in COMPANIONS:
        with_ = COMPANIONS.get(word, "a layer, a block or a structure")
        return f"'{word}' goes with {with_}, in the same item: without a `- ` of its own"
    return None


def _as_a_call(word: str, given: str, blocks: BlockTable) -> str | None:
    """What to say of a kind or block with its fields in the same word: `unit(3)`, `Conv2d(3)`, `conv:8`."""
    if (called := re.match(r"([\w.-]+) *\(", word)) and called[1] in blocks.own:
        return f"'{word}' is no block: parameters are given as a mapping: `{called[1]}: {{…}}`"
    if written := foreign_layers.named(word, given) or foreign_layers.layer(word):
        return f"'{word}' is no layer here: {written}"
    if tight := re.fullmatch(_TIGHT, word):
        return f"a space is missing after the colon: write `{tight[1]}: {tight[2]}`"
    return None


def _named(word: str, value: Tree | None, blocks: BlockTable) -> str | None:
    """How to write items that stand under what is their name; None if it is none."""
    if isinstance(value, SequenceNode):
        first = value.items[0] if value.items else None
        key = first.pairs()[0].key.text if first and first.pairs() else ""
        is_kind = blocks.is_kind(first.text if isinstance(first, ScalarNode) else key)
        return f"`- {{name: {word}, body: […]}}`" if is_kind else None
    entries = value.pairs() if value else []
    kind = next((entry.key.text for entry in entries if blocks.is_kind(entry.key.text)), None)
    return f"`- {{name: {word}, {kind}: {{…}}}}`" if kind else None


def as_list(node: ScalarNode | MappingNode, blocks: BlockTable) -> str:
    """How to make a list of items of what is none."""
    first = node.pairs()[0].key.text if node.pairs() else None
    if first and blocks.is_kind(first):
        if node.place.text()[node.place.column - 1 : node.place.column] == "{":
            return f"it must be a list of items: [{{{first}: …}}]"
        return f"it must be a list of items: write `- ` before '{first}'"
    if (word := node.word()) is not None and blocks.is_kind(word):
        return f"it must be a list of items: [{word}]"
    named = "; its name is `name:` beside its kind" if first is not None else ""
    return f"it must be a list of items, each beginning with `- `{named}"


def no_list(node: SequenceNode) -> str:
    """What to write for an item that is a list."""
    texts = [one.text if isinstance(one, ScalarNode) else None for one in node.items]
    if len(texts) == 4 and texts[2] and isinstance(node.items[3], SequenceNode):
        arguments = [one.text if isinstance(one, ScalarNode) else "…" for one in node.items[3].items]
        text = "this is a row of Ultralytics (from, repeats, module, arguments)"
        return f"{text}: {foreign_layers.row(texts[2], arguments)}; `from:` and `repeat:` stand beside a kind"
    text = "an item is a word or a mapping, not a list"
    arguments = [one for one in texts[1:] if one and foreign_layers.kind_of(one) is None]
    if texts and texts[0] and len(arguments) == len(texts) - 1 > 0:
        written = foreign_layers.layer(f"{texts[0]}({', '.join(arguments)})")
        return f"{text}: {written}" if written else text
    return f"{text}; a group is a `body:`"
