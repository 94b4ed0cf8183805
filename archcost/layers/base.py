# ruff: noqa: ANN401 - `*inputs: Any, **_: Any` may be overridden by any arguments, as PEP 612's `...`
"""What every layer kind answers about itself.

A kind is one pydantic class: its fields, then, always in this order, `window`, `output_shape`,
`weight_shapes` (and `buffer_shapes`), `formulas`, `run`. Anything about several layers is a pass, outside.
Parameters are not a formula: every count derives from the shapes. What `run` does is proved against all of
it: it computes values, by kernels it is handed, and asks none of these answers.

A tensor is `(channels, *axes)`, one sample, no batch (see `archcost.windows.window`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from archcost.errors import ShapeError
from archcost.expressions.parser import Expression
from archcost.layers.axes import settled
from archcost.limits import Limits
from archcost.windows.channels import Channels, blurred_together, overlaid
from archcost.windows.window import Axes, Border, Shape, Window, size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.rearrangement import Rearrangement, Turn
    from archcost.windows.stages import Stage

Shapes = dict[str, Shape]
"""Tensors by name, each as its shape, e.g. `{"weight": (64, 3, 7, 7), "bias": (64,)}`."""


class Operations(NamedTuple):
    """How often each scalar operation runs, for one sample. Never blended into one number.

    A subtraction is an addition; a maximum, a minimum and a choice are one comparison each, so clamping at
    both ends is two; a square is a multiplication; each exp, log, sin, cos, tanh, erf, power and square root
    is one exponential. Changing a sign costs nothing (nor does an absolute value), and neither does what
    involves constants only: a division by a constant is a multiplication by its reciprocal.
    """

    macs: int = 0
    multiplications: int = 0
    additions: int = 0
    comparisons: int = 0
    divisions: int = 0
    exponentials: int = 0


BESIDE_MACS = Operations._fields[1:]
"""The counts of single operations, which are done beside MACs as well."""

TERMS = {
    "aligned": "1 if boxes are shifted by half a position, else 0",
    "arriving": "channels that the layers read, all layers together",
    "averaged": "1 if every sum is divided by the number of its terms, else 0",
    "axes": "spatial axes",
    "bias": "1 if a bias is added to every output, else 0",
    "biases": "biases that are added to one sum",
    "clamped": "1 if places beyond the borders are put on them, else 0",
    "coordinates": "numbers that say where a sample lies, along one axis each",
    "corners": "neighbours that one value is interpolated from",
    "declared": "MACs as the spec declares them",
    "deform_groups": "groups of input channels, each with offsets of its own",
    "directions": "2 if the sequence is read from its end as well, else 1",
    "fed_back": "channels that a position gives to the next",
    "gates": "sums that one hidden unit is made of",
    "groups": "independent groups the channels are split into",
    "hidden_size": "hidden units, per layer and direction",
    "in_channels": "channels that arrive",
    "in_features": "numbers that arrive",
    "inputs": "elements that arrive: channels and positions",
    "kept": "numbers that are kept, over all channels and positions",
    "kernel_size": "positions of the window",
    "layers": "layers, one on the other",
    "length": "positions of the sequence",
    "links": "kernels: one for every input channel that an output channel reads",
    "masked": "1 if every value that is sampled is multiplied by one of a mask, else 0",
    "normalized": "elements that share a mean and a variance, a norm, or a sum of exponentials",
    "operands": "tensors that are joined",
    "out_channels": "channels that leave",
    "outputs": "elements that leave: channels and positions",
    "pieces": "channels of which the largest is taken",
    "points": "places that are sampled, each in all channels of its group",
    "pooled": "elements of the pooled map, one for each window in every channel",
    "positions": "positions of one channel that leaves",
    "products_per_input": "products that one element that arrives takes part in",
    "projected": "channels that hidden units are projected to",
    "reached": "elements that products land on before cropping: channels and positions",
    "read": "elements that all bins read, in every channel; one that two bins share counts twice",
    "regions": "boxes that are cut out",
    "runs": "steps, over all layers and directions",
    "sampled": "values that are sampled, over all channels",
    "samples": "samples per bin, along an axis",
    "sets": "how often `normalized` elements are taken together",
    "shown": "positions of the window that the mask keeps",
    "skip": "1 if what arrives is added, times a learned number, else 0",
    "states": "numbers that each channel keeps from position to position",
    "taps": "products summed for one output",
    "units": "hidden units, over all steps, layers and directions",
    "unmasked": "MACs with a weight that the mask keeps; the others multiply by zero, and are done as well",
    "weight": "1 if every output is multiplied by a learned number, else 0",
    "window": "neighbouring channels in one sum",
}
"""What the words in the formulas mean. A word that is used must be here; a test checks it."""


class Formulas:
    """The operation counts of one layer on one input, as formulas over named numbers.

    The formula that is shown is the one that is computed. A term is a number, a shape (its elements are
    meant) or a formula over the terms before it; a count is a formula over the terms and the counts before
    it (in the order of `Operations`). A count that is not given is 0.

    >>> formulas = Formulas({"outputs": (64, 112, 112), "taps": 147}, macs="taps * outputs")
    >>> formulas.operations().macs
    118013952
    """

    def __init__(self, terms: Mapping[str, int | Shape | str], **counts: str) -> None:
        self.terms = terms
        self.counts = counts

    def values(self) -> dict[str, int]:
        """Every term and every count in numbers.

        Raises:
            TypeError: a formula that does not come out whole, or a count `Operations` does not have: a bug.
        """
        env: dict[str, int] = {}
        for name, term in self.terms.items():
            env[name] = evaluate(term, env) if isinstance(term, str) else size(_as_shape(term))
        if unknown := set(self.counts) - set(Operations._fields):
            raise TypeError(f"no such count: {unknown}")
        for name in Operations._fields:
            env[name] = evaluate(self.counts.get(name, "0"), env)
        return env

    def operations(self) -> Operations:
        """The six counts as exact integers."""
        values = self.values()
        return Operations(*(values[name] for name in Operations._fields))


def _as_shape(term: int | Shape) -> Shape:
    return (term,) if isinstance(term, int) else term


_UNBOUNDED = Limits(integer=2**4096)
"""Counts are products of bounded numbers and may exceed what a spec may write."""


@cache
def _parse(formula: str) -> Expression:
    return Expression.parse(formula, _UNBOUNDED)


def evaluate(formula: str, env: Mapping[str, int]) -> int:
    """A count's formula in numbers.

    Raises:
        TypeError: it does not come out whole: a bug.
    """
    value = _parse(formula).evaluate(env)
    if not isinstance(value, int):
        raise TypeError(f"{formula} = {value!r} with {env}: a count must be whole")
    return value


class ItemFields(BaseModel):
    """What a spec writes under the word of a layer, or of `split`: fields, each with what it must be."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    within_dimension_limit: ClassVar[bool] = True
    """False if its numbers are declared costs, which may exceed the limit on a dimension."""
    taps_leave_as_channels: ClassVar[bool] = False
    """True if each tap of its window, over all channels, is a channel that leaves."""
    tap_fields: ClassVar[dict[str, str]] = {}
    """Fields that name a tap -> the field that gets the spatial size of its tensor (`like` -> `size`)."""
    axis_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that number axes of what arrives; a spec may name them."""

    @classmethod
    def chosen_by(cls, function: object) -> list[type[Kind]]:
        """The kinds a field `function` may mean, for a kind that only chooses one and hands it its fields.

        Exactly one if the word is known; all there are to choose from if it is not (yet).
        """
        return []


class Kind(ItemFields, ABC):
    """A layer kind. Subclass `Layer` (one input), `Merge` (two or more) or `TensorSource` (none).

    Where inputs play different parts (features and their offsets), subclass this. The first questions are
    asked with an argument for each input, so every kind names what arrives as it likes: `x`, `*xs`, `a, b`.

    The docstring's first line is for people choosing a kind; `reference` names the source of its formulas.
    """

    alias: ClassVar[bool] = False
    """True if the output is the input under another shape: it costs no memory of its own."""
    computes: ClassVar[bool] = True
    """False if it only brings or moves numbers: there is no loop that what `folds` could stand in."""
    values_unknown: ClassVar[bool] = False
    """True if nobody knows what it computes: `run` gives values to go on with, and counts nothing."""
    broadcasts: ClassVar[bool] = False
    """True if sizes of 1 that arrive are repeated to be those that leave."""
    per_channel: ClassVar[bool] = False
    """True if a channel that leaves depends only on the channel at its place of what arrives."""
    reference: ClassVar[str] = ""

    def check_inputs(self, count: int) -> None:
        """Raises ShapeError if it takes fewer or more inputs. Whoever gives it inputs asks that first."""

    @abstractmethod
    def output_shape(self, *inputs: Any, **_: Any) -> Shape:
        """The shape that leaves. Raises ShapeError if these inputs do not fit."""

    def weight_shapes(self, *inputs: Any, **_: Any) -> Shapes:
        """Learned tensors by name, as shapes; `[out, in / groups, *kernel]` where there is a kernel."""
        return {}

    def buffer_shapes(self, *inputs: Any, **_: Any) -> Shapes:
        """Tensors that are kept but not learned (running statistics) by name, as shapes."""
        return {}

    def numbered(self, *inputs: Any, **_: Any) -> dict[str, int]:
        """Tensors it keeps that are numbers of elements, counted from 0 -> how many elements there are."""
        return {}

    @abstractmethod
    def formulas(self, *inputs: Any, **_: Any) -> Formulas:
        """The operation counts as formulas with their numbers; `y` is the shape that leaves."""

    @abstractmethod
    def run(self, kernels: Kernels, *inputs: Any, **tensors: Any) -> Array:
        """The output's values, from those of the inputs and, by name, of what is learned or kept."""

    def settled(self, inputs: tuple[Shape, ...]) -> Self:
        """The same layer with its axes counted from the front, now that it is known how many arrive.

        An axis that is none stays as it is: `output_shape` says so.
        """
        found = {name: settled(getattr(self, name), len(inputs[0])) for name in self.axis_fields if inputs}
        other = {name: axes for name, axes in found.items() if axes != getattr(self, name)}
        return self.model_copy(update=other) if other else self

    @property
    def folds(self) -> bool:
        """Whether inference computes it inside the layer before it: an activation, kept statistics."""
        return False

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """Positions of inputs whose memory the output may take: no element is written before its last use.

        A kernel may need a channel of one of them beside that.
        """
        return ()

    def window(self, x: Shape) -> Window | None:
        """The sliding window, resolved for this input; None if the kind looks at one position at a time."""
        return None

    def window_of(self, position: int, inputs: tuple[Shape, ...]) -> Window | None:
        """The window on the input at `position`, where inputs play different parts."""
        return self.window(inputs[position])

    def shown_windows(self, x: Shape) -> tuple[Window, ...]:
        """Windows that read together what a mask leaves of the window; none where no mask is."""
        return ()

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """What every channel that leaves depends on. A kind that does not say so is not known singly."""
        return overlaid(arriving) if self.per_channel else blurred_together(arriving, out_channels)

    @property
    def tells_channels_apart(self) -> bool:
        """Whether it matters what single channels read: some may not be read, or not at every position."""
        return False

    @property
    def known_tokens(self) -> int | None:
        """How many tokens there are if it takes their numbers, which count from 0; else None."""
        return None

    @property
    def beyond_the_border(self) -> Border:
        """What padding has: zeros (`constant`), a mirror image (`reflect`), or the edge (`replicate`)."""
        return "constant"

    @property
    def field_is_known(self) -> bool:
        """Whether it is known which input positions an output depends on."""
        return True

    @property
    def field_is_nominal(self) -> bool:
        """Whether the data decide where its window reads, so that its field is that of windows at rest."""
        return False

    def is_global(self, x: Shape) -> bool:
        """Whether every output depends on all positions of the input, as a mean over all of them does."""
        return False

    def mixed_axes(self, x: Shape) -> Axes:
        """Axes (0 is channels) along which an output reads all elements, at its place along the others."""
        return ()

    def rearrangement(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> Rearrangement | None:
        """Where the elements of the input at `position` go; None if each stays, or a window says it."""
        return None

    def stages(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> tuple[Stage, ...]:
        """The steps that lead from the input at `position` to the output; none if it takes a single one."""
        return ()

    def turns(self, x: Shape) -> tuple[Turn, ...]:
        """Which way everything moves along each spatial axis, round its ends; empty if nothing does."""
        return ()

    def place(self, position: int, inputs: tuple[Shape, ...]) -> tuple[int, int] | None:
        """The spatial axis that inputs are joined along, and where along it the one at `position` begins."""
        return None


# Pydantic would evaluate these annotations, which are text, anew for every class below: 9 ms of `analyze`.
for _class in (ItemFields, Kind):
    _class.__annotations__ = dict.fromkeys(_class.__annotations__, ClassVar)


class Layer(Kind):
    """A kind with one input. `x` is always the shape that arrives, `(channels, *axes)`, or its values."""

    if_several: ClassVar[str] = "choose one with `from`"
    """What to do where several tensors arrive."""

    def check_inputs(self, count: int) -> None:
        """One."""
        if count != 1:
            raise ShapeError(f"takes one input, but {how_many_arrive(count)}; {self.if_several}")

    @abstractmethod
    def output_shape(self, x: Shape) -> Shape:
        """See `Kind.output_shape`."""

    def weight_shapes(self, x: Shape) -> Shapes:
        """See `Kind.weight_shapes`."""
        return {}

    def buffer_shapes(self, x: Shape) -> Shapes:
        """See `Kind.buffer_shapes`."""
        return {}

    @abstractmethod
    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """See `Kind.formulas`."""


class Function(Layer):
    """A function of one number, applied to every element; `per_element` counts its formula as written."""

    per_channel: ClassVar[bool] = True
    per_element: ClassVar[Operations]

    def costs(self) -> Operations:
        """What one element costs, where the fields change that."""
        return self.per_element

    @property
    def folds(self) -> bool:
        """It is one number for each that arrives."""
        return True

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """See `folds`."""
        return (0,)

    def output_shape(self, x: Shape) -> Shape:
        """The shape that arrives."""
        return x

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """The formula of the class, once per element."""
        counts = {name: f"{cost} * outputs" for name, cost in self.costs()._asdict().items() if cost}
        return Formulas({"outputs": y}, **counts)


class Moving(Layer):
    """A layer that moves elements, drops some or adds padding."""

    computes: ClassVar[bool] = False

    def formulas(self, x: Shape, y: Shape) -> Formulas:
        """Nothing is computed."""
        return Formulas({})


class Merge(Kind):
    """A kind that joins two or more inputs and learns nothing."""

    broadcasts: ClassVar[bool] = True

    def check_inputs(self, count: int) -> None:
        """Two or more."""
        if count < 2:
            text = f"joins two or more inputs, but {how_many_arrive(count)}; name them with `from: [a, b]`"
            raise ShapeError(text)

    @abstractmethod
    def output_shape(self, *xs: Shape) -> Shape:
        """The shape that leaves. Raises ShapeError, with the positions of the inputs at fault."""

    @abstractmethod
    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """See `Kind.formulas`."""

    @abstractmethod
    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """See `Kind.run`."""


class TensorSource(Kind):
    """A kind without inputs: it brings a tensor of its own, whatever else there is."""

    computes: ClassVar[bool] = False

    @abstractmethod
    def output_shape(self, *unread: Shape) -> Shape:
        """See `Kind.output_shape`."""

    def formulas(self, *unread: Shape, y: Shape) -> Formulas:
        """A tensor that is only there costs nothing to compute."""
        return Formulas({})


def how_many_arrive(count: int) -> str:
    """How many inputs there are, as the end of a message.

    >>> how_many_arrive(0), how_many_arrive(1), how_many_arrive(3)
    ('none arrives', 'one arrives', '3 arrive')
    """
    return f"{count} arrive" if count > 1 else "one arrives" if count else "none arrives"


def check_channels(field: str, asserted: int | None, x: Shape) -> None:
    """Raises ShapeError unless as many channels arrive as a field says, if it says so."""
    if asserted not in (None, x[0]):
        raise ShapeError(f"{field} is {asserted}, but {x[0]} channels arrive")
