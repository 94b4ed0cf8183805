"""The blocks that a spec may call: which there are, who calls whom, and whether the calls fit."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from archcost import layers
from archcost.spec.keywords import META, STRUCTURES
from archcost.spec.template import check_plain, sort
from archcost.spec.unknown_words import Slips
from archcost.spec.yaml_reader import ScalarNode, SequenceNode, is_empty
from archcost.words.wording import in_a_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.source import Place
    from archcost.spec.document import Block, BlockParameter
    from archcost.spec.problems import Problems
    from archcost.spec.yaml_reader import Tree


class BlockTable:
    """Blocks by name, and every call of one.

    Attributes:
        own: those of the spec and of the files it includes.
        are_complete: False if some could not be read: an unknown word may then be one of them.
        calls: every call, to be checked once all blocks are known.
        misnamed: those with the name of a kind: a call may mean either, so nothing is said of it.
    """

    def __init__(self, standard: Callable[[str], Block | None], *, are_complete: bool = True) -> None:
        """`standard` fetches a standard block by its name (`squeeze_excite`), or says None."""
        self.own: dict[str, Block] = {}
        self.are_complete = are_complete
        self.misnamed: set[str] = set()
        self._standard = standard
        self.calls: list[BlockUse] = []

    def find(self, word: str) -> Block | None:
        """The block that a word calls."""
        block = self.own.get(word)
        return self._standard(word[4:]) if block is None and word.startswith("std/") else block

    def is_kind(self, word: str) -> bool:
        """Whether a word is a layer, a block or a structure."""
        is_block = word in self.own or word.startswith("std/")
        return is_block or word in STRUCTURES or layers.find_item(word) is not None

    def check(self, problems: Problems) -> None:
        """Whether every call fits its block, and no block calls itself: only now are all blocks known."""
        callees: dict[str, dict[str, Place]] = {name: {} for name in self.own}
        for call in self.calls:
            call.check(problems)
            if call.caller and call.word in self.own:
                callees[call.caller].setdefault(call.word, call.place)
        try:
            TopologicalSorter(callees).prepare()
        except CycleError as error:
            # The cycle comes callee first; said in the order of the calls it reads a -> b -> a.
            cycle: list[str] = error.args[1][::-1]
            text = f"block '{cycle[0]}' calls itself: {' → '.join(cycle)}; a spec has no recursion"
            problems.add(callees[cycle[0]][cycle[1]], text)


class BlockUse(NamedTuple):
    """One call of a block, with what stands below its word; `caller` is the block around it, if any."""

    word: str
    block: Block
    value: Tree | None
    place: Place
    caller: str | None

    def check(self, problems: Problems) -> None:
        """Every argument is a parameter, and every required parameter is given."""
        known = self.block.parameters
        if isinstance(self.value, ScalarNode | SequenceNode) and not is_empty(self.value):
            problems.add(self.value.place, self._no_mapping(self.value))
            return
        entries = self.value.pairs() if self.value else []
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
        if not self.block.parameters:
            return f"{self.word}: takes no parameters; write it bare: `- {self.word}`"
        name, first = next(iter(self.block.parameters.items()))
        text = node.text if isinstance(node, ScalarNode) and _may_be(node, first) else "…"
        return f"{self.word}: its parameters are a mapping, such as {{{name}: {text}}}"


def _may_be(node: ScalarNode, parameter: BlockParameter) -> bool:
    """Whether a value is of the sort that a parameter has by default, of which nothing known is a number."""
    default = parameter.default
    usual = 1 if default is None or default.waits else default.resolve({})
    return node.text.startswith("$") or sort(node.value) == sort(usual)
