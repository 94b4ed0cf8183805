"""The question that every idea answers, and what an answer is: a change, and the number that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from archcost.advice.heaviest import moving_fields
from archcost.advice.rebuild import rebuilt
from archcost.analysis.facts import Facts
from archcost.analysis.measures import MEASURES
from archcost.analysis.rows import node_rows
from archcost.errors import ArchcostError, LayerError
from archcost.passes.cost import costs
from archcost.passes.memory import peaks
from archcost.results.report import COUNTS
from archcost.results.units import DTYPES
from archcost.words.numbers import apart, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archcost.advice.rebuild import Changes
    from archcost.network import Input, Network, Node
    from archcost.passes.receptive_field import Field
    from archcost.results.report import ReceptiveField
    from archcost.spec.variables import Setting
    from archcost.windows.window import Shape

Number: TypeAlias = "int | Fraction | float"

WORK = 40_000
"""Nodes that are looked at, over all ideas: about half a second. More would be too long a wait."""

_FIELD_PRICE, _LOAD_PRICE = 4, 6
"""What it takes to find the fields of a node, or to read it from a spec, in nodes whose costs are counted."""


_NO_FIELDS: Mapping[str, Field] = {}


class Reload(Protocol):
    """Reads the same spec with other settings; whatever is not given stays as it was."""

    def __call__(
        self,
        *,
        set: Mapping[str, Setting] | None = None,  # noqa: A002 - as `load` has it
        input: Mapping[str, Shape] | None = None,  # noqa: A002 - likewise
        variant: str | None = None,
    ) -> Network:
        """The network."""
        ...


Passes: TypeAlias = "Callable[[str], bool]"


class Hint(NamedTuple):
    """Something that would help.

    Attributes:
        text: what to change, and the number that comes of it.
        value: that number, in the unit of the measure.
        fits: whether it keeps the limit.
    """

    text: str
    value: Number
    fits: bool


@dataclass
class Question:
    """A limit that is broken, and the means to find out what a change would do to the number.

    Attributes:
        facts: the network.
        measure: what is limited, a name of `MEASURES`.
        limit: the limit as a number, in the unit of the measure.
        part: paths of the nodes that count; None for all.
        kind: if only layers of one kind count, that kind.
        axis: of a field, the axis that counts; None for the smallest.
        reload: how the spec is read anew; None if it cannot be.
        dtype: the data type, if the limit was written in bytes.
        passes: whether a variant keeps all limits of its own.
        work: nodes that may still be looked at.
    """

    facts: Facts
    measure: str
    limit: Number
    part: frozenset[str] | None = None
    kind: str | None = None
    axis: int | None = None
    reload: Reload | None = None
    dtype: str | None = None
    passes: Passes | None = None
    work: int = WORK

    @cached_property
    def value(self) -> Number | None:
        """What was measured; None if the network has no such number."""
        return self._measured(self.facts.network, self.facts)

    @cached_property
    def fields(self) -> Mapping[str, ReceptiveField]:
        """By path, what moves along with each node's output: its field in the first input that has one."""
        return moving_fields(self.facts.report)

    def gives(self, tensor: Node | Input) -> bool:
        """Whether the network gives a tensor."""
        return tensor in self.facts.network.outputs.values()

    def fits(self, value: Number) -> bool:
        """Whether a number keeps the limit."""
        return value <= self.limit if self.less_is_better else value >= self.limit

    @property
    def less_is_better(self) -> bool:
        """Whether the limit is a maximum."""
        return MEASURES[self.measure].less_is_better

    def gain(self, value: Number) -> Number:
        """By how much a number is better than the one that was measured."""
        before = self.value or 0
        return before - value if self.less_is_better else value - before

    def changed(self, what: str, changes: Changes) -> Iterator[Hint]:
        """What comes of other layers in place of some; nothing if they do not fit there, or do not help."""
        if not self._pay(len(self.facts.network)):
            return
        try:
            network = rebuilt(self.facts.network, changes)
        except LayerError:
            return
        yield from self.hint(what, self._measured(network))

    def reloaded(self, **settings: object) -> Number | None:
        """The number after reading the spec with other settings; None if that cannot be."""
        if self.reload is None or not self._pay(len(self.facts.network), _LOAD_PRICE):
            return None
        try:
            network = self.reload(**settings)  # pyright: ignore[reportArgumentType] - the keywords of `Reload`
        except ArchcostError:
            return None
        if self.part is not None and not self._same_nodes(network):
            return None
        return self._measured(network)

    def may_be(self, variant: str) -> bool:
        """Whether a variant would pass; not if there is no time to find out."""
        if self.passes is None:
            return True
        return self._pay(len(self.facts.network), _LOAD_PRICE + _FIELD_PRICE) and self.passes(variant)

    def hint(self, what: str, value: Number | None) -> Iterator[Hint]:
        """A sentence about a change, if it helps at all."""
        if value is not None and self.gain(value) > 0:
            yield Hint(f"{what}: {self.written(value)}", value, self.fits(value))

    def written(self, value: Number) -> str:
        """A number as people read it; never the same as the limit if it is not."""
        unit = MEASURES[self.measure].unit
        if unit == "share":
            return f"{percent(round(value * 10**12), 10**12)} %"
        if unit in ("positions", "layers") or isinstance(value, float) or isinstance(self.limit, float):
            return f"{value:,}"
        width = DTYPES[self.dtype] if self.dtype else 1
        number, _ = apart((Fraction(value) * width).numerator, self.limit * width)
        return f"{number}{' ' * number[-1].isdigit()}B" if self.dtype else number

    def counts(self, path: str, kind: str) -> bool:
        """Whether a node belongs to what is limited: it did, or stands in place of one that did."""
        if self.kind is not None:
            return kind == self.kind
        return self.part is None or path in self.part or path.rpartition(".")[0] in self.part

    def _same_nodes(self, network: Network) -> bool:
        return (
            len(network) == len(self.facts.network)
            and network.by_path.keys() == self.facts.network.by_path.keys()
        )

    def _measured(self, network: Network, known: Facts | None = None) -> Number | None:
        if self.measure in COUNTS:
            rows = node_rows(network, costs(network), [_NO_FIELDS] * len(network))
            return sum(getattr(row, self.measure) for row in rows if self.counts(row.path, row.kind))
        if self.measure == "peak":
            return peaks(network, limit=0).as_written
        if self.measure == "best_peak":
            return peaks(network).best
        if known is None and not self._pay(len(network), _FIELD_PRICE):
            return None
        facts = known or Facts.of(network)
        if self.measure == "field" and self.axis is not None:
            return min(
                (s.size[self.axis] for s in facts.output_fields if s.size and len(s.size) > self.axis),
                default=None,
            )
        return MEASURES[self.measure].of(facts)

    def _pay(self, nodes: int, price: int = 1) -> bool:
        """Whether there is time to look at so many nodes."""
        self.work -= nodes * price
        return self.work >= 0
