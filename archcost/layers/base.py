"""What every layer kind answers about itself.

A kind is one pydantic class: its fields, then, always in this order, `window`, `output`, `weights` (and
`buffers`), `operations`, `run`. Anything about several layers is a pass, outside. Parameters are not a
formula: `weights` gives shapes, and every count derives from them. What `run` does is proved against all of
it: it computes values, by kernels it is handed, and asks none of these answers.

A tensor is `(channels, *axes)`, one sample, no batch (see `archcost.windows.window`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from archcost.errors import ShapeError
from archcost.expressions.parser import Expression
from archcost.layers.axes import settled
from archcost.limits import Limits
from archcost.windows.channels import Channels, blurred_together, overlaid
from archcost.windows.window import Axes, Shape, Window, size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels
    from archcost.windows.rearrangement import Rearrangement

T = TypeVar("T")

Weights = dict[str, Shape]
"""Learned tensors by name, each as its shape, e.g. `{"weight": (64, 3, 7, 7), "bias": (64,)}`."""


class Operations(NamedTuple):
    """How often each scalar operation runs, for one sample. Never blended into one number.

    A subtraction is an addition; a maximum, a minimum and a choice are one comparison each, so clamping at
    both ends is two; a square is a multiplication; each exp, log, tanh, erf, power and square root is one
    exponential. Changing a sign costs nothing (nor does an absolute value), and neither does what involves
    constants only: a division by a constant is a multiplication by its reciprocal.
    """

    macs: int = 0
    multiplications: int = 0
    additions: int = 0
    comparisons: int = 0
    divisions: int = 0
    exponentials: int = 0


TERMS = {
    "axes": "spatial axes",
    "bias": "1 if a bias is added to every output, else 0",
    "corners": "neighbours that one value is interpolated from",
    "declared": "MACs as the spec declares them",
    "deform_groups": "groups of input channels, each with offsets of its own",
    "groups": "independent groups the channels are split into",
    "in_channels": "channels that arrive",
    "in_features": "numbers that arrive",
    "inputs": "elements that arrive: channels and positions",
    "kernel_size": "positions of the window",
    "links": "kernels: one for every input channel that an output channel reads",
    "masked": "1 if every value that is sampled is multiplied by one of a mask, else 0",
    "normalized": "elements that share a mean and a variance, or a sum of exponentials",
    "operands": "tensors that are joined",
    "out_channels": "channels that leave",
    "outputs": "elements that leave: channels and positions",
    "pieces": "channels of which the largest is taken",
    "points": "places that are sampled, each in all channels of its group",
    "positions": "positions of one channel that leaves",
    "products_per_input": "products that one element that arrives takes part in",
    "reached": "elements that products land on before cropping: channels and positions",
    "read": "elements that all bins read, in every channel; one that two bins share counts twice",
    "sampled": "values that are sampled, over all channels",
    "sets": "how often `normalized` elements are taken together",
    "taps": "products summed for one output",
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


class Kind(BaseModel, ABC):
    """A layer kind. Subclass `Layer` (one input), `Merge` (two or more) or `Source` (none).

    Where inputs play different parts (features and their offsets), subclass this.

    `summary` is one line for people choosing a kind; `reference` names the source of its formulas.
    The uniform questions (`infer`, `parameters`, `statistics`, `formulas`) are for the passes.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    alias: ClassVar[bool] = False
    """True if the output is the input under another shape: it costs no memory of its own."""
    bounded: ClassVar[bool] = True
    """False if its numbers are declared costs, which may exceed the limit on a dimension."""
    made_up: ClassVar[bool] = False
    """True if nobody knows what it computes: `execute` gives values to go on with, and counts nothing."""
    per_channel: ClassVar[bool] = False
    """True if a channel that leaves depends only on the channel at its place of what arrives."""
    tap_fields: ClassVar[dict[str, str]] = {}
    """Fields that name a tap -> the field that gets the spatial size of its tensor (`like` -> `size`)."""
    axis_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that number axes of what arrives."""
    reference: ClassVar[str] = ""

    def settled(self, inputs: tuple[Shape, ...]) -> Self:
        """The same layer with its axes counted from the front, now that it is known how many arrive.

        An axis that is none stays as it is: `infer` says so.
        """
        found = {name: settled(getattr(self, name), len(inputs[0])) for name in self.axis_fields if inputs}
        other = {name: axes for name, axes in found.items() if axes != getattr(self, name)}
        return self.model_copy(update=other) if other else self

    @abstractmethod
    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        """The output's shape. Raises ShapeError if these inputs do not fit."""

    @abstractmethod
    def parameters(self, inputs: tuple[Shape, ...]) -> Weights:
        """Learned tensors, by name, as shapes."""

    @abstractmethod
    def statistics(self, inputs: tuple[Shape, ...]) -> Weights:
        """Tensors that are kept but not learned (running statistics), by name, as shapes."""

    @abstractmethod
    def formulas(self, inputs: tuple[Shape, ...]) -> Formulas:
        """The operation counts as formulas with their numbers."""

    @abstractmethod
    def execute(self, kernels: Kernels, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
        """The output's values. `weights` holds parameters and statistics by name."""

    def window(self, x: Shape) -> Window | None:  # noqa: ARG002 - kinds that slide override it
        """The sliding window, resolved for this input; None if the kind looks at one position at a time."""
        return None

    def window_of(self, position: int, x: Shape) -> Window | None:  # noqa: ARG002 - most kinds treat all alike
        """The window on the input at `position`, where inputs play different parts."""
        return self.window(x)

    @classmethod
    def chosen_by(cls, function: object) -> list[type[Kind]]:  # noqa: ARG003 - most kinds choose nothing
        """The kinds a field `function` may mean, for a kind that only chooses one and hands it its fields.

        Exactly one if the word is known; all there are to choose from if it is not (yet).
        """
        return []

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
    def field_is_known(self) -> bool:
        """Whether it is known which input positions an output depends on."""
        return True

    @property
    def field_is_nominal(self) -> bool:
        """Whether the data decide where its window reads, so that its field is that of windows at rest."""
        return False

    def is_global(self, x: Shape) -> bool:  # noqa: ARG002 - kinds that look everywhere override it
        """Whether every output depends on all positions of the input, as a mean over all of them does."""
        return False

    def mixed_axes(self, x: Shape) -> Axes:  # noqa: ARG002 - kinds that normalise override it
        """Axes (0 is channels) along which an output reads all elements, at its place along the others."""
        return ()

    def rearrangement(
        self,
        position: int,  # noqa: ARG002 - kinds that move elements override it
        inputs: tuple[Shape, ...],  # noqa: ARG002
        y: Shape,  # noqa: ARG002
    ) -> Rearrangement | None:
        """Where the elements of the input at `position` go; None if each stays, or a window says it."""
        return None

    def place(self, position: int, inputs: tuple[Shape, ...]) -> tuple[int, int] | None:  # noqa: ARG002 - as above
        """The spatial axis that inputs are joined along, and where along it the one at `position` begins."""
        return None


class Layer(Kind):
    """A kind with one input. `x` is always the shape that arrives: `(channels, *axes)`."""

    @abstractmethod
    def output(self, x: Shape) -> Shape:
        """The shape that leaves. Raises ShapeError if `x` does not fit."""

    def weights(self, x: Shape) -> Weights:  # noqa: ARG002 - most kinds need not look
        """Learned tensors by name, as shapes; `[out, in / groups, *kernel]` where there is a kernel."""
        return {}

    def buffers(self, x: Shape) -> Weights:  # noqa: ARG002 - most kinds need not look
        """Running statistics by name, as shapes."""
        return {}

    @abstractmethod
    def operations(self, x: Shape, y: Shape) -> Formulas:
        """The six operation counts for input `x` and output `y`."""

    @abstractmethod
    def run(self, kernels: Kernels, x: Array, weights: Mapping[str, Array]) -> Array:
        """The output's values, from `x` of shape `(channels, *axes)`."""

    def execute(self, kernels: Kernels, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
        """See `Kind.execute`."""
        return self.run(kernels, _only(inputs), weights)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        """See `Kind.infer`."""
        return self.output(_only(inputs))

    def parameters(self, inputs: tuple[Shape, ...]) -> Weights:
        """See `Kind.parameters`."""
        return self.weights(_only(inputs))

    def statistics(self, inputs: tuple[Shape, ...]) -> Weights:
        """See `Kind.statistics`."""
        return self.buffers(_only(inputs))

    def formulas(self, inputs: tuple[Shape, ...]) -> Formulas:
        """See `Kind.formulas`."""
        x = _only(inputs)
        return self.operations(x, self.output(x))


def _only(inputs: tuple[T, ...]) -> T:
    if len(inputs) != 1:
        raise ShapeError(f"takes one input, but {len(inputs)} arrive; choose one with `from`")
    return inputs[0]


class Merge(Kind):
    """A kind that joins two or more inputs and learns nothing."""

    @abstractmethod
    def output(self, xs: tuple[Shape, ...]) -> Shape:
        """The shape that leaves. Raises ShapeError, with the positions of the inputs at fault."""

    @abstractmethod
    def operations(self, xs: tuple[Shape, ...], y: Shape) -> Formulas:
        """The six operation counts for inputs `xs` and output `y`."""

    @abstractmethod
    def run(self, kernels: Kernels, xs: tuple[Array, ...]) -> Array:
        """The output's values, from those of the inputs."""

    def execute(
        self,
        kernels: Kernels,
        inputs: tuple[Array, ...],
        weights: Mapping[str, Array],  # noqa: ARG002 - it learns nothing
    ) -> Array:
        """See `Kind.execute`."""
        return self.run(kernels, inputs)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        """See `Kind.infer`."""
        if len(inputs) < 2:
            raise ShapeError("joins two or more inputs, but one arrives; name them with `from: [a, b]`")
        return self.output(inputs)

    def parameters(self, inputs: tuple[Shape, ...]) -> Weights:  # noqa: ARG002 - most kinds need not look
        """See `Kind.parameters`."""
        return {}

    def statistics(self, inputs: tuple[Shape, ...]) -> Weights:  # noqa: ARG002 - most kinds need not look
        """See `Kind.statistics`."""
        return {}

    def formulas(self, inputs: tuple[Shape, ...]) -> Formulas:
        """See `Kind.formulas`."""
        return self.operations(inputs, self.output(inputs))


class Source(Kind):
    """A kind without inputs: it brings a tensor of its own."""

    @abstractmethod
    def output(self) -> Shape:
        """The shape that leaves."""

    @abstractmethod
    def weights(self) -> Weights:
        """Learned tensors by name, as shapes."""

    @abstractmethod
    def run(self, weights: Mapping[str, Array]) -> Array:
        """The tensor's values."""

    def execute(
        self,
        kernels: Kernels,  # noqa: ARG002 - nothing is computed
        inputs: tuple[Array, ...],  # noqa: ARG002 - there are none
        weights: Mapping[str, Array],
    ) -> Array:
        """See `Kind.execute`."""
        return self.run(weights)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:  # noqa: ARG002 - most kinds need not look
        """See `Kind.infer`."""
        return self.output()

    def parameters(self, inputs: tuple[Shape, ...]) -> Weights:  # noqa: ARG002 - most kinds need not look
        """See `Kind.parameters`."""
        return self.weights()

    def statistics(self, inputs: tuple[Shape, ...]) -> Weights:  # noqa: ARG002 - most kinds need not look
        """See `Kind.statistics`."""
        return {}

    def formulas(self, inputs: tuple[Shape, ...]) -> Formulas:  # noqa: ARG002 - most kinds need not look
        """See `Kind.formulas`: a tensor that is only there costs nothing to compute."""
        return Formulas({})
