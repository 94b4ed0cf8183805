"""A spec after parsing: items with their names, segments and places, nothing expanded yet.

The classes are written out: dataclasses would take longer to make than a spec takes to be read.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.layers.base import Kind
    from archcost.layers.rearrange import Rearrange
    from archcost.layers.split import Split
    from archcost.source import Place
    from archcost.spec.fields import Fields
    from archcost.spec.template import Template
    from archcost.spec.weights import WrittenWeights


class Ref(NamedTuple):
    """What an item reads: a tap (`c3`, `stage.2`, `unit.high`), the item before it, or what is on a stack.

    Attributes:
        text: as written.
        place: where that is.
        stack: the stack from which it takes the tensor that was pushed last: `skips` of `pop(skips)`.
        takes_all: whether it takes all that are on the stack, the first one first: `all(skips)`.
        is_previous: whether it is the item before.
    """

    text: str
    place: Place
    stack: str | None = None
    takes_all: bool = False
    is_previous: bool = False

    @property
    def head(self) -> str:
        """The name that must be visible."""
        return self.text.partition(".")[0]


class Push(NamedTuple):
    """The stack on which an item puts its output, and where that is written."""

    stack: str
    place: Place


class Item:
    """What all items have: the kind's place, the path segment they add, and their meta keys.

    Attributes:
        segment: what the item adds to the paths below it; None adds nothing.
        reads: what stands under `from`: an empty list reads nothing, None means the previous item.
        push: the stack on which its output is put.
        share: the name of its set of weights.
    """

    name: str | None = None
    reads: tuple[Ref, ...] | None = None
    when: Template | None = None
    share: Template | None = None
    push: Push | None = None
    weights: WrittenWeights | None = None

    def __init__(self, word: str, place: Place, segment: str | None = None) -> None:
        self.word = word
        self.place = place
        self.segment = segment
        self.expect: dict[str, tuple[Template, Place]] = {}


class LayerItem(Item):
    """One layer."""

    def __init__(self, word: str, place: Place, segment: str, fields: Fields[Kind]) -> None:
        super().__init__(word, place, segment)
        self.fields = fields


class SplitItem(Item):
    """One tensor cut into several; `slices` are the fields of the layers that do it."""

    def __init__(
        self, word: str, place: Place, segment: str, fields: Fields[Split], slices: Fields[Kind]
    ) -> None:
        super().__init__(word, place, segment)
        self.fields = fields
        self.slices = slices


class RearrangeItem(Item):
    """Axes split, swapped and joined; `layers` are the fields of the layers that do it, by their kind."""

    def __init__(
        self, place: Place, segment: str, fields: Fields[Rearrange], layers: dict[type[Kind], Fields[Kind]]
    ) -> None:
        super().__init__("rearrange", place, segment)
        self.fields = fields
        self.layers = layers


class BlockCall(Item):
    """A block, called like a kind."""

    def __init__(
        self, word: str, place: Place, segment: str, block: Block, arguments: dict[str, Template]
    ) -> None:
        super().__init__(word, place, segment)
        self.block = block
        self.arguments = arguments


class Body(Item):
    """A group of items."""

    def __init__(self, word: str, place: Place, items: list[Item], segment: str | None = None) -> None:
        super().__init__(word, place, segment)
        self.items = items


class MergeSpec(NamedTuple):
    """How several tensors become one: a merge kind, where it is written, the segment its node adds."""

    fields: Fields[Kind]
    word: str
    place: Place
    segment: str


class Branch(NamedTuple):
    """One branch, or a shortcut. `segment` is what it adds to paths; `label` is what errors call it."""

    label: str
    segment: str
    items: list[Item]
    when: Template | None = None


class Branches(Item):
    """Branches side by side and their merge. A residual is one too: its body, then its shortcut."""

    def __init__(self, word: str, place: Place, branches: list[Branch], merge: MergeSpec) -> None:
        super().__init__(word, place)
        self.branches = branches
        self.merge = merge


class Iterations(NamedTuple):
    """What a repeat steps through: a count, variables in lock-step, or one mapping per iteration.

    Attributes:
        places: where each loop variable is named.
        names: the loop variables that the body knows.
    """

    times: Template | None = None
    columns: Mapping[str, Template] = MappingProxyType({})
    rows: Sequence[Mapping[str, Template]] = ()
    places: Mapping[str, Place] = MappingProxyType({})
    names: frozenset[str] = frozenset()


class Repeat(Item):
    """A body several times over: `chain`, `merge` (side by side), `collect`, `dense` or `carry`."""

    def __init__(self, place: Place, mode: str, iterations: Iterations) -> None:
        super().__init__("repeat", place)
        self.items: list[Item] = []
        self.mode = mode
        self.iterations = iterations
        self.merge: MergeSpec | None = None
        self.carry: dict[str, Place] = {}


class BlockParameter(NamedTuple):
    """A block's parameter; `default` None means it is required."""

    default: Template | None
    place: Place


class Requirement(NamedTuple):
    """What a block needs to make sense.

    Attributes:
        what: in words, as `an even number of channels`.
        condition: whether it is so.
    """

    what: str
    condition: Template


class Block:
    """A block: what it takes, what it gives, and the items it stands for.

    Attributes:
        inputs: the names of its inputs, and where each stands.
        sees_variables: False for the standard blocks, which know nothing of the spec that uses them.
    """

    def __init__(self, name: str, place: Place) -> None:
        self.name = name
        self.place = place
        self.parameters: dict[str, BlockParameter] = {}
        self.requirements: list[Requirement] = []
        self.inputs: dict[str, Place] = {}
        self.outputs: tuple[Ref, ...] = ()
        self.items: list[Item] = []
        self.sees_variables = True


class Included(NamedTuple):
    """A file that is included.

    Attributes:
        text: its path, as written.
        place: where that is.
        name: what the file is called.
        by: what the file is called that includes it.
    """

    text: str
    place: Place
    name: str
    by: str


class Spec(NamedTuple):
    """A whole spec. Variables are values by now; the rest waits for expansion.

    Attributes:
        places: where each variable is named.
        blocks: its own and those of the files it includes, called or not.
    """

    name: str
    place: Place
    inputs: dict[str, Template]
    layers: list[Item]
    outputs: tuple[Ref, ...]
    variables: dict[str, Template]
    variants: dict[str, dict[str, Template]]
    places: dict[str, Place]
    blocks: dict[str, Block]
    included: list[Included]
