"""Names and path segments: what can be read where, and what each item adds to the paths below it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from archcost.expressions.tokens import tap_of
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcost.source import Place
    from archcost.spec.problems import Problems


_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]+")


_MEANT = {
    "pop": "what was pushed last is read with the name of its stack: pop(skips)",
    "all": "all that was pushed is read with the name of its stack: all(skips)",
    **dict.fromkeys(
        ("prev", "last", "before", "_"), "what stands before is read without `from`, in a list as `previous`"
    ),
}
"""What people write under `from` that is no name -> what to write instead."""


def is_name(text: str) -> bool:
    """Whether a text can name an item, a block, an input or a set of weights.

    >>> is_name("3a"), is_name("3")
    (True, False)
    """
    return _NAME.fullmatch(text) is not None


class Numbering:
    """The path segments given out below one prefix; each is unique there."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._seen: dict[str, int] = {}
        self._named: dict[str, Place] = {}
        self._generated: dict[str, str] = {}

    def word(self, word: str, count: int | None = None) -> str:
        """The segment of an unnamed item: its word, or `word_2` for a later sibling."""
        count = count or self._count(word)
        segment = word if count == 1 else f"{word}_{count}"
        if segment in self._generated:  # a block may be called `conv_2`
            return self.word(word)
        self._generated[segment] = word
        if segment in self._named:
            self._clash(segment)
        return segment

    def name(self, name: str, place: Place) -> str:
        """The segment of a named item: its name, or `name_2` if an inner sequence beside it used it too."""
        count = self._count(f"name {name}")
        segment = name if count == 1 else f"{name}_{count}"
        if segment in self._named:
            return self.name(name, place)
        self._named[segment] = place
        if segment in self._generated:
            self._clash(segment)
        return segment

    def repeat(self) -> str | None:
        """What an unnamed repeat adds before its index: nothing, but a second one `repeat_2`."""
        count = self._count("unnamed repeat")
        return None if count == 1 else self.word("repeat", count)

    def _count(self, key: str) -> int:
        count = self._seen[key] = self._seen.get(key, 0) + 1
        return count

    def _clash(self, segment: str) -> None:
        word = self._generated[segment]
        self._problems.add(
            self._named[segment],
            f"name '{segment}' is also the path of an unnamed '{word}' beside it; choose another name",
        )


class Names:
    """The taps visible at one point of a sequence: its own so far, and those around it."""

    def __init__(
        self,
        outer: Names | None = None,
        given: Iterable[str] = (),
        again: Iterable[str] = (),
        in_block: str | None = None,
        hidden: dict[str, str] | None = None,
    ) -> None:
        """Names for a sequence inside another, or for the outermost one of the network or of a block.

        `given` names are there from the start; `again` too, and items of this sequence may renew them.
        `hidden` says of names that are not visible why they are not.

        Attributes:
            pushed: the stacks on which an item of the body puts its output; None if one of the names
                is a mistake.
            popped: those from which one takes tensors, by which word first, and where that stands.
        """
        self.in_block = outer.in_block if outer else in_block
        self.hidden: dict[str, str] = {} if hidden is None else hidden
        self.pushed: set[str | None] = set()
        self.popped: dict[str, tuple[str, Place]] = {}
        if outer:
            self.hidden, self.pushed, self.popped = outer.hidden, outer.pushed, outer.popped
        self._outer = outer
        self._again = frozenset(again)
        self._own: dict[str, Place | None] = dict.fromkeys((*given, *self._again))
        self._announced: dict[str, Place] = {}

    def announce(self, name: str, place: Place) -> None:
        """Note that an item of this sequence has this name, wherever it stands."""
        self._announced.setdefault(name, place)

    def announced(self, name: str) -> Place | None:
        """Where a name is given in this sequence or one around it, perhaps further down."""
        return self._announced.get(name) or (self._outer.announced(name) if self._outer else None)

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

    def check_stacks(self, problems: Problems) -> None:
        """Note the stacks from which a body pops and on which it pushes nothing, once all of it is read."""
        for name, (word, place) in self.popped.items():
            if self.pushed.isdisjoint({name, None}):
                how = f"; an item puts its output there by `push: {name}`"
                near = suggest(name, sorted(filter(None, self.pushed))) or how
                where = f"in block '{self.in_block}'" if self.in_block else "in the network"
                problems.add(place, f"{word}({name}): nothing {where} is pushed on '{name}'{near}")

    def unseen(self, name: str) -> str:
        """What to say of a name that is not visible, with what to do about it."""
        return f"no item named '{name}' is visible here{self._hint(name)}"

    def _hint(self, name: str) -> str:
        if (later := self.announced(name)) is not None:
            return f"; it is on line {later.line}, and an item reads only what stands before it"
        if near := suggest(name, self.visible()):
            return near
        if name in self.hidden:
            return f"; {self.hidden[name]}"
        if self.in_block:
            return "; a block sees its own items and `input`, not those around its call"
        if name in _MEANT:
            return f"; {_MEANT[name]}"
        by_number = "items are read by name, not by number: give the item a `name`"
        return f"; give an earlier item `name: {name}`" if is_name(name) else f"; {by_number}"

    def _place_of(self, name: str) -> Place | None:
        if name in self._own:
            return self._own[name]
        return self._outer._place_of(name) if self._outer else None  # noqa: SLF001 - the same class


class Readable(Collection[str]):
    """What an expression may read at one point: variables, and the sizes of visible taps, `in_height(c3)`."""

    def __init__(self, variables: frozenset[str], names: Names) -> None:
        self._variables = variables
        self.names = names

    def __contains__(self, name: object) -> bool:
        if name in self._variables:
            return True
        tap = tap_of(name) if isinstance(name, str) else None
        return tap is not None and self.names.find(tap.partition(".")[0])

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class Context(NamedTuple):
    """What an item sees of its surroundings: variables, taps, and the numbering of its path."""

    variables: frozenset[str]
    names: Names
    numbering: Numbering

    @property
    def readable(self) -> Readable:
        """What its expressions may read."""
        return Readable(self.variables, self.names)
