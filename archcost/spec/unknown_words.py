"""What to say about a word that is not known: a kind, a block, a field, a parameter.

Each answer is the end of a message: what was meant, or what to write instead. A word of another framework is
looked up before anything is guessed, for a guess may lead to a layer with other costs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archcost import foreign, layers
from archcost.spec.yaml_reader import MappingNode
from archcost.spec.zoo import standard_names, what_it_holds
from archcost.words.suggest import meant, nearest, plain, translate, translation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from archcost.spec.yaml_reader import KeyValue

# Patterns that only mistakes need are texts, which `re` compiles when there is one.
_NAMED = (
    r"(?i)(?P<word>[A-Za-z_]+?[A-Za-z](?:[123][dD])?)"
    r"[_-]?(?:(?P<size>\d+)x(?P=size)|\d+([_-]\d+)*[a-z]?|layer|module|op)"
)
"""`conv_1`, `fc6`, `relu5_3`, `conv3x3`, `linear_layer`: a kind's word with a name or a size around it."""

_MODULE = r"(block|module|unit|stage|stem|head|neck|backbone|encoder|decoder)s?\d*$"
"""What several layers are called."""


def _offered(word: str | None) -> str:
    """The end of a message that offers a word; empty if there is none."""
    return f" (did you mean '{word}'?)" if word else ""


def kind_tail(word: str, structures: Iterable[str], blocks: Collection[str]) -> str:
    """What to write instead of a word that is no kind, structure or block; empty if nobody knows.

    >>> kind_tail("Dense", ["body"], []), kind_tail("relu_3", ["body"], [])
    (" (did you mean 'linear'?)", ': if that is its name, write `relu`, and `name: relu_3` beside it')
    """
    if word.startswith("std/"):
        return _offered(word[4:]) if word[4:] in blocks else _standard(word[4:])
    known = [*layers.words(), *structures, *(f"std/{name}" for name in standard_names())]
    if found := meant(word, blocks, {}):
        return _offered(found)
    why = foreign.layers.INSTEAD.get(plain(word))
    standard = (f"std/{name}" for name in standard_names() if plain(name) == plain(word) and not why)
    if found := translation(word, known, foreign.layers.KINDS) or next(standard, None):
        return _kind_offered(found, word)
    if why := why or _with_a_name(word, known):
        return f": {why}{differs(word)}"
    return _offered(meant(word, known, {}) or nearest(word, blocks))


def _kind_offered(found: str, word: str) -> str:
    """The end of a message that offers a kind for a word; it says what may cost otherwise elsewhere.

    Blocks of one name are not the same everywhere, so it says what ours holds.
    """
    name = found.removeprefix("std/")
    holds = f": {what_it_holds(name)}" if name not in {found, word} else ""
    return f"{_offered(found)}{holds}{differs(word)}"


def differs(word: str) -> str:
    """What a word may mean elsewhere that ours of that name does not, as the end of a message."""
    other = foreign.layers.DIFFERS.get(word.rpartition(".")[2])
    return f"; {other}" if other else ""


def _with_a_name(word: str, known: list[str]) -> str | None:
    """What to write for a kind's word with a number or a size behind it."""
    if (match := re.fullmatch(_NAMED, word)) is None:
        return None
    ours = translation(match["word"], known, foreign.layers.KINDS)
    if ours is None:
        return foreign.layers.INSTEAD.get(plain(match["word"]))
    if match["size"]:
        return f"write `{ours}` with `kernel_size: {match['size']}` among its fields"
    return f"if that is its name, write `{ours}`, and `name: {word}` beside it"


def no_kind(word: str) -> str:
    """What to do about a word that nobody knows, as the end of a message."""
    if word.startswith("std/"):
        return "; `archcost zoo --blocks` lists the standard blocks"
    if re.search(_MODULE, word.lower()):
        return f": {foreign.layers.MODULE}"
    return "; a layer archcost does not know can be declared with `custom`"


def _standard(name: str) -> str:
    """The standard block that a name after `std/` stands for, or those whose names begin with it."""
    names = standard_names()
    begun = [one for one in names if name and one.startswith(name)]
    if found := meant(name, names, foreign.blocks.STANDARD) or (begun[0] if len(begun) == 1 else None):
        return _offered(f"std/{found}")
    return "; there are " + ", ".join(f"std/{one}" for one in begun) if begun else ""


class Slips:
    """Keys that are not known: each with the end of its message, and what they were meant to be.

    The keys are the fields of a layer `kind`, or the parameters of a `block`.
    """

    def __init__(
        self, known: Iterable[str], entries: Iterable[KeyValue], *, kind: str = "", block: str = ""
    ) -> None:
        words = dict.fromkeys(known)
        entries = list(entries)
        written = {entry.key.text for entry in entries}
        free = [word for word in words if word not in written]
        self.found: list[tuple[KeyValue, str]] = []
        self._meant: set[str] = set()
        self._puzzling = False
        for entry in entries:
            if (word := entry.key.text) in words:
                continue
            found = _parameter(word, free, block) if block else _field(word, free, kind)
            beside, other = foreign.fields.FIELDS_DIFFER.get((kind, word), ((), ""))
            is_said = other and (not beside or written.intersection(beside))
            self.found.append((entry, f"{found.tail}; {other}" if is_said else found.tail))
            is_other = word in foreign.fields.NO_FIELDS_OF.get(kind, {}) or isinstance(
                entry.value, MappingNode
            )
            self._puzzling |= not found.word and (not found.tail or is_other)
            self._meant |= {found.word} if found.word else set()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the missing names that none of these may stand for."""
        return [] if self._puzzling else [name for name in names if name not in self._meant]


class _Found(NamedTuple):
    """What a key means: one of the known words, or what to write instead; neither if nobody knows."""

    word: str | None = None
    instead: str = ""

    @property
    def tail(self) -> str:
        """The end of the message."""
        return _offered(self.word) or self.instead


def field_tail(word: str, known: Collection[str], kind: str = "") -> str:
    """What to write instead of a word that is no field of a kind; empty if nobody knows."""
    return _field(word, known, kind).tail


def _field(word: str, known: Collection[str], kind: str) -> _Found:
    lower = word.lower()
    sentences = foreign.fields.NO_FIELDS_OF.get(kind, {})
    if why := sentences.get(word) or sentences.get(lower):
        return _Found(instead=f": {why}")
    for table in (foreign.fields.FIELDS_OF.get(kind, {}), foreign.fields.FIELDS):
        found = table.get(word) or table.get(lower)
        if found in known:
            return _Found(found)
    field, why = foreign.fields.WITH_FIELD.get(lower, ("", None))
    if field not in _fields_of(kind):
        why = foreign.fields.NO_FIELDS.get(lower)
    if why:
        return _Found(instead=f": {why}")
    if layers.find_item(word):
        return _Found(instead=f"; `{word}` is an item of its own")
    return _Found(meant(word, known, {}) or _begun(lower, known))


def _fields_of(kind: str) -> Collection[str]:
    found = layers.find(kind)
    return found[0].model_fields if found else ()


def _begun(word: str, known: Collection[str]) -> str | None:
    """The one word that begins like this, give or take a letter: `kernal` for `kernel_size`."""
    if len(word) < 4:
        return None
    found = [one for one in known if meant(word, [one[: len(word)]], {})]
    return found[0] if len(found) == 1 else None


def _parameter(word: str, known: Collection[str], block: str) -> _Found:
    """A parameter of a block. Its words are the author's own, unless it is a standard one."""
    if not block.startswith("std/"):
        return _Found(nearest(word, known))
    return _Found(meant(word, known, foreign.blocks.PARAMETERS) or _field(word, known, "").word)


def choice(word: str, known: Collection[str]) -> str:
    """Which of several words is meant where a field takes one of them, as the end of a message."""
    return translate(word, known, foreign.fields.VALUES)
