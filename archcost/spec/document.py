"""A spec after parsing: items with their names, segments and places, nothing expanded yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archcost.source import Place
    from archcost.spec.fields import Fields
    from archcost.spec.template import Template
    from archcost.spec.weights import WrittenWeights


class Ref(NamedTuple):
    """A tap as it is read: `c3`, `stage.2`, `unit.high`."""

    text: str
    place: Place

    @property
    def head(self) -> str:
        """The name that must be visible."""
        return self.text.partition(".")[0]


@dataclass(kw_only=True, eq=False, repr=False)
class Item:
    """What all items have: the kind's place, the path segment they add, and their meta keys."""

    place: Place
    word: str
    segment: str | None = None
    """What the item adds to the paths below it; None adds nothing."""
    name: str | None = None
    reads: tuple[Ref, ...] = ()
    """`from`; empty means the previous item."""
    when: Template | None = None
    expect: dict[str, tuple[Template, Place]] = field(default_factory=dict[str, "tuple[Template, Place]"])
    share: str | None = None
    share_place: Place | None = None
    weights: WrittenWeights | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class LayerItem(Item):
    """One layer."""

    fields: Fields


@dataclass(kw_only=True, eq=False, repr=False)
class BlockCall(Item):
    """A block, called like a kind."""

    block: Block
    arguments: dict[str, Template]


@dataclass(kw_only=True, eq=False, repr=False)
class Body(Item):
    """A group of items."""

    items: list[Item]


@dataclass(kw_only=True, eq=False, repr=False)
class MergeSpec:
    """How several tensors become one: a merge kind, where it is written, the segment its node adds."""

    fields: Fields
    word: str
    place: Place
    segment: str


@dataclass(kw_only=True, eq=False, repr=False)
class Branch:
    """One branch, or a shortcut. `segment` is what it adds to paths; `label` is what errors call it."""

    label: str
    segment: str
    items: list[Item]
    when: Template | None
    place: Place


@dataclass(kw_only=True, eq=False, repr=False)
class Branches(Item):
    """Branches side by side and their merge. A residual is one too: its body, then its shortcut."""

    branches: list[Branch]
    merge: MergeSpec


@dataclass(kw_only=True, eq=False, repr=False)
class Iterations:
    """What a repeat steps through: a count, variables in lock-step, or one mapping per iteration."""

    count: Template | None = None
    columns: dict[str, Template] = field(default_factory=dict[str, "Template"])
    rows: list[dict[str, Template]] = field(default_factory=list[dict[str, "Template"]])
    places: dict[str, Place] = field(default_factory=dict[str, "Place"])
    """Where each loop variable is named."""
    names: frozenset[str] = frozenset()
    """The loop variables that the body knows."""


@dataclass(kw_only=True, eq=False, repr=False)
class Repeat(Item):
    """A body several times over: `chain`, `merge` (side by side), `collect`, `dense` or `carry`."""

    items: list[Item]
    mode: str
    iterations: Iterations
    merge: MergeSpec | None = None
    carry: tuple[str, ...] = ()
    carry_places: dict[str, Place] = field(default_factory=dict[str, "Place"])


@dataclass(kw_only=True, eq=False, repr=False)
class BlockParameter:
    """A block's parameter; `default` None means it is required."""

    name: str
    default: Template | None
    place: Place


@dataclass(kw_only=True, eq=False, repr=False)
class Block:
    """A block: what it takes, what it gives, and the items it stands for."""

    name: str
    place: Place
    parameters: dict[str, BlockParameter] = field(default_factory=dict[str, BlockParameter])
    inputs: tuple[str, ...] = ()
    input_places: dict[str, Place] = field(default_factory=dict[str, "Place"])
    outputs: tuple[Ref, ...] = ()
    items: list[Item] = field(default_factory=list[Item])
    sees_variables: bool = True
    """False for the standard blocks, which know nothing of the spec that uses them."""


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


@dataclass(kw_only=True, eq=False, repr=False)
class Document:
    """A whole spec. Variables are values by now; the rest waits for expansion."""

    name: str
    place: Place
    inputs: dict[str, Template]
    layers: list[Item]
    outputs: tuple[Ref, ...]
    variables: dict[str, Template]
    variants: dict[str, dict[str, Template]]
    places: dict[str, Place]
    """Where each variable is named."""
    blocks: dict[str, Block]
    """Its own and those of the files it includes, called or not."""
    included: list[Included]
