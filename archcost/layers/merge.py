"""Merges: several tensors become one.

All but `concat` work element by element and broadcast sizes of 1, channels included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from archcost.errors import ShapeError
from archcost.layers.axes import name_of, names, settled, unsqueezed
from archcost.layers.base import Formulas, Merge, how_many_arrive
from archcost.layers.fields import Axis, Number
from archcost.windows.channels import Channels, concatenated, mixed, overlaid
from archcost.windows.rearrangement import reshaped
from archcost.windows.stages import Stage
from archcost.windows.window import Shape, show

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.kernels import Kernels


def _differ(xs: tuple[Shape, ...], i: int, j: int, why: str) -> ShapeError:
    return ShapeError(f"{{0}} gives {show(xs[i])} and {{1}} {show(xs[j])}: {why}", inputs=(i, j))


def _check_ranks(xs: tuple[Shape, ...]) -> None:
    """All inputs need as many axes as the first: a vector does not say where its axes would go."""
    for j, x in enumerate(xs):
        if len(x) != len(xs[0]):
            raise _differ(
                xs, 0, j, f"{len(xs[0]) - 1} and {len(x) - 1} spatial axes; reshape one of them to fit"
            )


def _check_sizes(xs: tuple[Shape, ...], axis: int, *, broadcast: bool, why: str = "") -> int:
    """The one size all inputs have along an axis, apart from the 1s that are broadcast."""
    sizes = [(i, x[axis]) for i, x in enumerate(xs) if not (broadcast and x[axis] == 1)]
    i, size = sizes[0] if sizes else (0, 1)
    for j, other in sizes:
        if other != size:
            raise _differ(xs, i, j, f"{names(xs[i])[axis]} {size} and {other} differ{why}")
    return size


class _Elementwise(Merge):
    """One output element from the elements at its place in every input."""

    per_channel: ClassVar[bool] = True

    def overwrites(self, inputs: tuple[Shape, ...], y: Shape) -> tuple[int, ...]:
        """Any that is not repeated."""
        return tuple(i for i, x in enumerate(inputs) if x == y)

    def output_shape(self, *xs: Shape) -> Shape:
        """The common shape, where a size of 1 fits any other."""
        _check_ranks(xs)
        return tuple(_check_sizes(xs, axis, broadcast=True) for axis, _ in enumerate(xs[0]))

    def _count(self, xs: tuple[Shape, ...], y: Shape, **counts: str) -> Formulas:
        return Formulas({"operands": len(xs), "outputs": y}, **counts)


class Add(_Elementwise):
    """The sum of all inputs, element by element."""

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """Over n inputs: n - 1 sums per element."""
        return self._count(xs, y, additions="(operands - 1) * outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.add(xs)


class _OfTwo(_Elementwise):
    """One output element from the two at its place, in this order."""

    def check_inputs(self, count: int) -> None:
        """Two."""
        if count != 2:
            text = f"takes two inputs, but {how_many_arrive(count)}; name them with `from: [a, b]`"
            raise ShapeError(text)


class Subtract(_OfTwo):
    """The first input less the second, element by element."""

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """One difference per element."""
        return Formulas({"outputs": y}, additions="outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.subtract(*xs)


class Divide(_OfTwo):
    """The first input over the second, element by element."""

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """One quotient per element."""
        return Formulas({"outputs": y}, divisions="outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.divide(*xs)


class Multiply(_Elementwise):
    """The product of all inputs, element by element: gates and masks."""

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """Over n inputs: n - 1 products per element."""
        return self._count(xs, y, multiplications="(operands - 1) * outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.multiply(xs)


class Maximum(_Elementwise):
    """The largest of all inputs, element by element."""

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """Over n inputs: n - 1 comparisons per element."""
        return self._count(xs, y, comparisons="(operands - 1) * outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.maximum(xs)


class Minimum(_Elementwise):
    """The smallest of all inputs, element by element."""

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """Over n inputs: n - 1 comparisons per element."""
        return self._count(xs, y, comparisons="(operands - 1) * outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.minimum(xs)


class Average(_Elementwise):
    """The mean of all inputs, element by element."""

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """Over n inputs: n - 1 sums per element, and a product with 1/n."""
        return self._count(xs, y, additions="(operands - 1) * outputs", multiplications="outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.average(xs)


class _Comparison(_Elementwise):
    """1 where the first of two inputs is related to the second, or one to a number, and 0 elsewhere."""

    relation: ClassVar[str]

    value: Number | None = Field(None, description="a number that one input is compared with, not another")

    def check_inputs(self, count: int) -> None:
        """Two, or one and a number."""
        if count != (2 if self.value is None else 1):
            other = (
                "takes two inputs, or one and a value"
                if self.value is None
                else "takes one input beside a value"
            )
            raise ShapeError(f"{other}, but {how_many_arrive(count)}")

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """One comparison per element."""
        return Formulas({"outputs": y}, comparisons="outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.compare(self.relation, xs, self.value, marked=kernels.marked)


class Greater(_Comparison):
    """1 where the first input is greater than the second, or than a number, and 0 elsewhere."""

    relation: ClassVar[str] = "greater"


class GreaterEqual(_Comparison):
    """1 where the first input is greater than the second, or a number, or equal to it, and 0 elsewhere."""

    relation: ClassVar[str] = "greater_equal"


class Less(_Comparison):
    """1 where the first input is less than the second, or than a number, and 0 elsewhere."""

    relation: ClassVar[str] = "less"


class LessEqual(_Comparison):
    """1 where the first input is less than the second, or a number, or equal to it, and 0 elsewhere."""

    relation: ClassVar[str] = "less_equal"


class Equal(_Comparison):
    """1 where the first input is equal to the second, or to a number, and 0 elsewhere."""

    relation: ClassVar[str] = "equal"


class NotEqual(_Comparison):
    """1 where the first input is not equal to the second, or to a number, and 0 elsewhere."""

    relation: ClassVar[str] = "not_equal"


class Where(_Elementwise):
    """The second input where the first, a condition, is not 0, and the third elsewhere, element by element.

    Reads `from: [condition, a, b]`. Both are read everywhere, whichever of them is chosen.
    """

    def check_inputs(self, count: int) -> None:
        """Three."""
        if count != 3:
            text = f"takes a condition and two inputs, but {how_many_arrive(count)}"
            raise ShapeError(f"{text}; name them with `from: [condition, a, b]`")

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """One choice per element."""
        return Formulas({"outputs": y}, comparisons="outputs")

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values of the common shape."""
        return kernels.merge.where(*xs, marked=kernels.marked)


class Concat(Merge):
    """All inputs one after the other along an axis; they agree in every other size. Nothing is computed."""

    computes: ClassVar[bool] = False
    reference: ClassVar[str] = "Szegedy et al. 2015, Going deeper with convolutions"

    axis_fields: ClassVar[tuple[str, ...]] = ("axis",)

    axis: Axis = Field(
        0, description="axis to join along; 0 is channels, 1 the first spatial axis, -1 the last"
    )

    def place(self, position: int, inputs: tuple[Shape, ...]) -> tuple[int, int] | None:
        """Behind the inputs before it, unless channels are joined."""
        return (self.axis, sum(x[self.axis] for x in inputs[:position])) if self.axis else None

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """One tensor's after the other's; along another axis each depends on its like."""
        return concatenated(arriving) if self.axis == 0 else overlaid(arriving)

    def output_shape(self, *xs: Shape) -> Shape:
        """The sizes along the axis added up, the others as they are."""
        _check_ranks(xs)
        why = f", and concat joins along {name_of(self.axis, xs[0])}"
        total = sum(x[self.axis] for x in xs)
        return tuple(
            total if axis == self.axis else _check_sizes(xs, axis, broadcast=False, why=why)
            for axis, _ in enumerate(xs[0])
        )

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """Nothing is computed."""
        return Formulas({})

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values with the sizes along the axis added up."""
        return kernels.merge.concat(xs, self.axis)


class Stack(Merge):
    """All inputs, which have one shape, along a new axis. Nothing is computed."""

    computes: ClassVar[bool] = False
    reference: ClassVar[str] = "PyTorch, torch.stack"

    axis: Axis = Field(
        0, description="where the new axis is to be, in what leaves; 0 is before the channels, -1 the last"
    )

    def settled(self, inputs: tuple[Shape, ...]) -> Self:
        """Counted in what leaves."""
        return self.model_copy(update={"axis": settled(self.axis, len(inputs[0]) + 1)})

    def stages(self, position: int, inputs: tuple[Shape, ...], y: Shape) -> tuple[Stage, ...]:
        """A reshape, and a place behind the inputs before it, unless it is a channel then."""
        x = inputs[position]
        alone = unsqueezed(x, self.axis)
        made = Stage(alone, how=reshaped(x, alone))
        axis = self.axis % len(alone)
        return (made, Stage(y, start=(axis, position))) if axis else (made,)

    @property
    def tells_channels_apart(self) -> bool:
        """Along channels."""
        return self.axis == 0

    def channels(self, arriving: tuple[Channels, ...], out_channels: int) -> Channels:
        """Each input is a channel, or each depends on its like."""
        return overlaid(arriving) if self.axis else concatenated([mixed([one], 1) for one in arriving])

    def output_shape(self, *xs: Shape) -> Shape:
        """The shape of all, with as many along the new axis as there are."""
        _check_ranks(xs)
        for axis, _ in enumerate(xs[0]):
            _check_sizes(xs, axis, broadcast=False, why=", and stack takes equal shapes")
        return tuple(
            len(xs) if axis == self.axis % (len(xs[0]) + 1) else n
            for axis, n in enumerate(unsqueezed(xs[0], self.axis))
        )

    def formulas(self, *xs: Shape, y: Shape) -> Formulas:
        """Nothing is computed."""
        return Formulas({})

    def run(self, kernels: Kernels, *xs: Array) -> Array:
        """Values with an axis more."""
        return kernels.merge.stack(xs, self.axis)
